"""The URLs of both tenants."""

from django.urls import include, path

urlpatterns = [path("chat/", include("django_pairchat.urls"))]
