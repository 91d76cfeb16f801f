from base import *

INSTALLED_APPS[:1] = [
    "blog",
    "wagtail.users",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
]
WAGTAIL_SITE_NAME = "Bakery"
WAGTAILADMIN_BASE_URL = "http://127.0.0.1"
WAGTAIL_FRONTEND_LOGIN_TEMPLATE = "registration/login.html"
LOGIN_URL = "wagtailcore_login"

# The chat
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default"]
MEDIA_ROOT = BASE_DIR / "media"
