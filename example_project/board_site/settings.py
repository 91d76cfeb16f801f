"""Settings of the example board, ready for a demonstration; the environment changes them (see README.md)."""

import json
import os
from pathlib import Path
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

from board_site import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# On by default, so that `with_chat` serves the static files of a demonstration.
DEBUG = environment.flag("DEBUG", default=True)
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-demonstrations" * 3 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY when DEBUG is off.")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", default=environment.served_hosts(debug=DEBUG))
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "accounts",
    "posts",
    "styleguide",
    "deals",
    "django_pairchat",
    "django_pairchat.default",
    "django_pairchat.notifications",
    "django_pairchat.previews",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "board_site.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "board_site.urls"
ASGI_APPLICATION = "board_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One process needs neither. Several processes meet in Redis: messages through the channel layer, rate limits
# through the cache.
REDIS_URL = os.environ.get("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# What chats show of a post. The library's own limits hold unless a test run asks for others.
PAIRCHAT: dict[str, Any] = {
    name: int(os.environ[f"PAIRCHAT_{name}"])
    for name in (
        "SENDS_PER_MINUTE",
        "SEND_BURST",
        "SOCKETS_PER_USER",
        "NEW_ROOMS_PER_DAY",
        "UPLOAD_BYTES_PER_DAY",
    )
    if f"PAIRCHAT_{name}" in os.environ
}
PAIRCHAT["POLICY"] = "posts.chat.Policy"
if "PAIRCHAT_RATES" in os.environ:
    PAIRCHAT["RATES"] = json.loads(os.environ["PAIRCHAT_RATES"])

# Mails about missed messages, whose links need the address of the board, and with a key push messages, too.
PAIRCHAT_NOTIFICATIONS = {
    "SITE_URL": os.environ.get("SITE_URL", "http://127.0.0.1:8000"),
    # No mail of the demonstration leaves this machine, so none comes back by itself.
    "REPLY_ADDRESS": os.environ.get("REPLY_ADDRESS", "reply+{token}@example.com"),
    "DELAY_SECONDS": int(os.environ.get("MAIL_DELAY_SECONDS", "60")),
    "VAPID_PRIVATE_KEY": os.environ.get("VAPID_PRIVATE_KEY", ""),
    "VAPID_SUBJECT": os.environ.get("VAPID_SUBJECT", ""),
}
DEFAULT_FROM_EMAIL = "Lost & found <board@example.com>"
# The board of a demonstration sends no mail: it puts each one into a file.
MAIL_FOLDER = Path(os.environ.get("MAIL_FOLDER", BASE_DIR / "mails"))
if django.VERSION >= (6, 1):
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(MAIL_FOLDER)},
        }
    }
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_FOLDER

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "posts:list"
LOGOUT_REDIRECT_URL = "posts:list"

# Behind a proxy that speaks HTTPS and sets X-Forwarded-Proto itself.
if environment.flag("HTTPS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 30 * 24 * 60 * 60
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# To the server's output, also when DEBUG is off.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django": {"level": "INFO"}},
}

LANGUAGE_CODE = "en"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Seoul"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "static_root"
MEDIA_ROOT = BASE_DIR / "media"
