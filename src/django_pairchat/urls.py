"""The addresses of the pages and of the HTTP twins; a host includes them wherever it likes."""

from django.urls import include, path, register_converter
from django.urls.converters import IntConverter

from . import api, downloads, views

app_name = "pairchat"


class SeqConverter(IntConverter):
    """A message's number in its one spelling: no leading zeros, and within what a database can hold."""

    regex = "0|[1-9][0-9]{0,17}"


register_converter(SeqConverter, "pairchat_seq")

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("open/", views.open_room, name="open"),
    path("search/", views.search, name="search"),
    path("rooms/<str:key>/", views.room, name="room"),
    path("rooms/<str:key>/send/", views.send, name="send"),
    path("rooms/<str:key>/read/", views.read, name="read"),
    path("rooms/<str:key>/settings/", views.settings, name="settings"),
    path("rooms/<str:key>/report/", views.report, name="report"),
    path("rooms/<str:key>/messages/<pairchat_seq:seq>/", views.message, name="message"),
    path("rooms/<str:key>/files/<pairchat_seq:seq>/", downloads.attachment, name="attachment"),
    path("rooms/<str:key>/files/<pairchat_seq:seq>/thumbnail/", downloads.thumbnail, name="thumbnail"),
    path("api/", include(api.urlpatterns)),
]
