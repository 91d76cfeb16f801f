"""The URLs of the test project, and anymail's webhooks."""

from django.urls import include, path

from tests.urls import urlpatterns as common

urlpatterns = [*common, path("anymail/", include("anymail.urls"))]
