import os

from base import *

SWAPPED_BY = os.environ["SWAPPED_BY"]  # htmx, htmx4 or turbo: each has a base template in a folder of that name
TEMPLATES[0]["DIRS"].insert(0, HOST / SWAPPED_BY)
STATICFILES_DIRS = [
    ("htmx", PACKAGES / "htmx2/dist"),
    ("htmx4", PACKAGES / "htmx.org/dist"),
    ("turbo", PACKAGES / "@hotwired/turbo/dist"),
]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

# The chat
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default"]
MEDIA_ROOT = BASE_DIR / "media"
