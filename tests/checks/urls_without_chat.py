"""A project whose author forgot to include the chat."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view()),
    path("notifications/", include("django_pairchat.notifications.urls")),
]
