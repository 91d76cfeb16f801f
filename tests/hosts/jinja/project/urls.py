from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("chat/", include("django_pairchat.urls")),
    path("accounts/login/", LoginView.as_view()),
    path("admin/", admin.site.urls),
    path("", include("listings.urls")),
]
