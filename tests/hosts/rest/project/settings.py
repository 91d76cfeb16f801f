from base import *

INSTALLED_APPS += ["rest_framework", "rest_framework.authtoken"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

# The chat
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default"]
MEDIA_ROOT = BASE_DIR / "media"
PAIRCHAT = {
    "AUTHENTICATION": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.TokenAuthentication",
        "django_pairchat.authentication.SessionAuthentication",
    ],
}
