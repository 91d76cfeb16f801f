"""Every address of the board; the chat is one line of it."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("posts.urls")),
    path("accounts/", include("accounts.urls")),
    path("chat/", include("django_pairchat.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
