"""The board's addresses, and two views that send from the host's own code."""

from __future__ import annotations

from board_site.urls import urlpatterns as board
from django.urls import path

from . import views

urlpatterns = [
    *board,
    path("host/say/", views.say, name="say"),
    path("host/asay/", views.asay, name="asay"),
]
