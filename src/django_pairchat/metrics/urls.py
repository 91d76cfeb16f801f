"""The address for Prometheus. It is not included anywhere by itself."""

from django.urls import path

from .views import metrics

urlpatterns = [path("", metrics, name="pairchat_metrics")]
