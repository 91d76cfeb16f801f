"""The URLs of the test projects."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view()),
    path("chat/", include("django_pairchat.urls")),
    path("chat/previews/", include("django_pairchat.previews.urls")),
    path("chat/notifications/", include("django_pairchat.notifications.urls")),
]
