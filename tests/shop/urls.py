"""A shop in several languages: its pages begin with the language, the chat's pages too."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def product(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(str(pk))


urlpatterns = i18n_patterns(
    path("catalogue/<int:pk>/", product, name="product"),
    path("chat/", include("django_pairchat.urls")),
)
