"""The chat, for the measurements that go over HTTP."""

from django.urls import include, path

urlpatterns = [path("chat/", include("django_pairchat.urls"))]
