"""The test project's URLs, and those of django-private-chat2."""

from __future__ import annotations

from django.urls import include, path

from tests.urls import urlpatterns as own

urlpatterns = [*own, path("old/", include("django_private_chat2.urls", namespace="django_private_chat2"))]
