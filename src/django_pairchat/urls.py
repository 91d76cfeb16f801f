"""The URLs of the pages and of the HTTP API, which a host includes under any prefix."""

from django.urls import include, path

from .web import api, attachments, converters, preferences, quick_replies, schema, views

__all__ = ["app_name", "converters", "urlpatterns"]

app_name = "pairchat"

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("open/", views.open_room, name="open"),
    path("starred/", views.starred, name="starred"),
    path("search/", views.search, name="search"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("quick-replies/", quick_replies.quick_replies, name="quick_replies"),
    path("dock/", views.dock, name="dock"),
    path("rooms/<str:key>/", views.room, name="room"),
    path("rooms/<str:key>/dock/", views.dock_room, name="dock_room"),
    path("rooms/<str:key>/send/", views.send, name="send"),
    path("rooms/<str:key>/read/", views.read, name="read"),
    path("rooms/<str:key>/settings/", views.settings, name="settings"),
    path("rooms/<str:key>/withdraw/", views.withdraw, name="withdraw"),
    path("rooms/<str:key>/gallery/", views.gallery, name="gallery"),
    path("rooms/<str:key>/report/", views.report, name="report"),
    path("rooms/<str:key>/messages/<pairchat_seq:seq>/", views.message, name="message"),
    path("rooms/<str:key>/files/<pairchat_seq:seq>/", attachments.attachment, name="attachment"),
    path("rooms/<str:key>/files/<pairchat_seq:seq>/thumbnail/", attachments.thumbnail, name="thumbnail"),
    path("api/schema/", schema.schema, name="api_schema"),
    path("api/", include(api.urlpatterns)),
]
