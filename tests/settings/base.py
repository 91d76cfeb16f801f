"""What both test projects have in common."""

from __future__ import annotations

import tempfile

import django

from tests.tools import rates

from .databases import database

SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.urls"
DATABASES = {"default": database()}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tests.shop",
    "django_pairchat",
    "django_pairchat.moderation",
    "django_pairchat.notifications",
    "django_pairchat.previews",
    "django_pairchat.statistics",
    "django_pairchat.held",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
MEDIA_ROOT = tempfile.gettempdir() + "/pairchat-test-media"
LOGIN_URL = "/login/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Tests are faster than people; those of the limits set their own.
PAIRCHAT = {"SENDS_PER_MINUTE": 600_000, "SEND_BURST": 10_000, "RATES": rates.HIGH}
PAIRCHAT_NOTIFICATIONS = {"SITE_URL": "https://chat.example"}
DEFAULT_FROM_EMAIL = "Chat <chat@chat.example>"
if django.VERSION < (6, 1):
    EMAIL_TIMEOUT = 10
else:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"timeout": 10}}}
