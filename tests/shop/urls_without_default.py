"""The same shop, without a prefix for the default language."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from .urls import product

urlpatterns = i18n_patterns(
    path("catalogue/<int:pk>/", product, name="product"),
    path("chat/", include("django_pairchat.urls")),
    prefix_default_language=False,
)
