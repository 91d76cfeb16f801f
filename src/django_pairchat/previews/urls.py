"""The URLs of the pictures, and of the form that asks for a preview: a host includes them anywhere."""

from django.urls import path

from ..web import converters
from . import views

__all__ = ["app_name", "converters", "urlpatterns"]

app_name = "pairchat_previews"

urlpatterns = [
    path("<str:key>/<pairchat_seq:seq>/", views.image, name="image"),
    path("<str:key>/<pairchat_seq:seq>/wish/", views.wish, name="wish"),
]
