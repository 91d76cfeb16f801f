"""The URLs of both tenants, and one by which the host deactivates somebody."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def deactivate(request: HttpRequest, key: int) -> HttpResponse:
    user = get_user_model()._default_manager.get(pk=key)
    user.is_active = False
    user.save()
    return HttpResponse("done")


urlpatterns = [path("chat/", include("django_pairchat.urls")), path("deactivate/<int:key>/", deactivate)]
