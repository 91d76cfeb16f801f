"""A project that includes the chat under a namespace of its own."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("talk/", include("django_pairchat.urls", namespace="talk")),
    path("talk/notifications/", include("django_pairchat.notifications.urls", namespace="talk_notifications")),
]
