"""Every address of the board; the chat is one line of it, and its notifications another."""

from django.contrib import admin
from django.urls import include, path
from styleguide.views import styleguide

urlpatterns = [
    path("", include("posts.urls")),
    path("deals/", include("deals.urls")),
    path("accounts/", include("accounts.urls")),
    path("chat/", include("django_pairchat.urls")),
    path("chat/previews/", include("django_pairchat.previews.urls")),
    path("chat/notifications/", include("django_pairchat.notifications.urls")),
    path("styleguide/", styleguide, name="styleguide"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
