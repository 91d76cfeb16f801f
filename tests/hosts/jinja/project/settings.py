from base import *

TEMPLATES.insert(
    0,
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [HOST / "jinja2"],
        "OPTIONS": {"environment": "project.jinja2.environment"},
    },
)
MIDDLEWARE.append("django.contrib.auth.middleware.LoginRequiredMiddleware")

# The chat
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default"]
MEDIA_ROOT = BASE_DIR / "media"
