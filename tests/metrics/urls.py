"""The chat, with the metrics below an address of the host's choice."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("chat/", include("django_pairchat.urls")),
    path("internal/metrics/", include("django_pairchat.metrics.urls")),
]
