from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("chat/", include("django_pairchat.urls")),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    path("", include("listings.urls")),
]
