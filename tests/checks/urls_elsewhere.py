"""A project that includes the chat under a namespace of its own."""

from django.urls import include, path

urlpatterns = [path("talk/", include("django_pairchat.urls", namespace="talk"))]
