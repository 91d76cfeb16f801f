"""The URLs of the settings, as a page and as JSON, of devices and of unsubscribing: a host includes them anywhere."""

from django.urls import path

from ..web.api import endpoint
from . import device_views, views
from .requests import ChangeNotifications, Notifications

app_name = "pairchat_notifications"

urlpatterns = [
    path("", views.settings, name="settings"),
    path("api/", endpoint(Notifications, ChangeNotifications), name="api"),
    path("devices/", device_views.devices, name="devices"),
    path("devices/replaced/", device_views.replaced, name="replaced"),
    path("devices/unread/", device_views.unread, name="unread"),
    path("worker.js", device_views.worker, name="worker"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
