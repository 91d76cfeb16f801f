"""A project whose author forgot to include the notifications, or does not have them."""

from django.urls import include, path

urlpatterns = [path("chat/", include("django_pairchat.urls"))]
