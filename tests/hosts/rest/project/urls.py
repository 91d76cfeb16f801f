from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView
from shop.views import ListingView

urlpatterns = [
    path("chat/", include("django_pairchat.urls")),
    path("accounts/login/", LoginView.as_view()),
    path("admin/", admin.site.urls),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/auth-token/", obtain_auth_token),
    path("api/listings/<int:pk>/", ListingView.as_view()),
    path("", include("listings.urls")),
]
