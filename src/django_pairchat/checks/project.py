"""The project around the chat: its apps, its middleware, and the frame of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.module_loading import import_string

from ..conf import conf
from .common import is_subclass
from .models import DEFAULT_APP

CORE_APP: Final = "django_pairchat"
REQUIRED_APPS: Final = ("django.contrib.auth", "django.contrib.contenttypes")
SESSION_TABLE_ENGINES: Final = (
    "django.contrib.sessions.backends.db",
    "django.contrib.sessions.backends.cached_db",
)
REQUIRED_MIDDLEWARE: Final = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
FRAME: Final = ("pairchat/base.html", "pairchat/document.html")
OWN_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "templates"
BASE_TEMPLATE: Final = """\
{% extends "base.html" %}
{% block title %}{% block pairchat_title %}{% endblock %}{% endblock %}
{% block content %}{% block pairchat %}{% endblock %}{% endblock %}"""


def check_apps(**kwargs: Any) -> list[CheckMessage]:
    mistakes: list[CheckMessage] = []
    if not apps.is_installed(CORE_APP):
        hint = f'INSTALLED_APPS = [..., "{CORE_APP}", "{DEFAULT_APP}"]'
        mistakes.append(checks.Error(f'"{CORE_APP}" is not in INSTALLED_APPS.', hint=hint, id="pairchat.E020"))
    required = list(REQUIRED_APPS)
    if settings.SESSION_ENGINE in SESSION_TABLE_ENGINES:
        required.append("django.contrib.sessions")
    for name in required:
        if not apps.is_installed(name):
            hint = f'Add "{name}" to INSTALLED_APPS.'
            mistakes.append(checks.Error(f'The chat needs "{name}".', hint=hint, id="pairchat.E021"))
    return mistakes


def check_tenants(**kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed("django_tenants") or conf.tenancy is not None:
        return []
    return [
        checks.Error(
            "django-tenants is installed, but the chat does not know of its tenants: people of different tenants with "
            "the same key would get each other's messages.",
            hint='PAIRCHAT = {"TENANCY": "django_pairchat.tenancy.DjangoTenants"}',
            id="pairchat.E032",
        )
    ]


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    present = list(_middleware())
    return [
        checks.Warning(
            f'The pages of the chat need "{path}".',
            hint="Add it to MIDDLEWARE, or silence this if another middleware sets request.user.",
            id="pairchat.W003",
        )
        for path in REQUIRED_MIDDLEWARE
        if not any(is_subclass(found, import_string(path)) for found in present)
    ]


def _middleware() -> Iterator[Any]:
    for path in settings.MIDDLEWARE:
        try:
            yield import_string(path)
        except ImportError:
            # Django reports it itself, with the first request at the latest.
            continue


def check_frame(**kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed(CORE_APP) or any(frame_of_host()):
        return []
    return [
        checks.Info(
            "The pages of the chat stand outside the frame of the site: without its header, its styles and its menu.",
            hint="Make a template pairchat/base.html in a folder that stands before the chat's own, for example:\n"
            + BASE_TEMPLATE,
            id="pairchat.I001",
        )
    ]


def frame_of_host() -> Iterator[str]:
    """Yield the paths of the templates by which the host puts the pages into its own frame."""
    for name in FRAME:
        try:
            origin = getattr(get_template(name), "origin", None)
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            # A template of the host that cannot be used is not the chat's own. The page tells what is wrong with it.
            if isinstance(error, TemplateSyntaxError):
                yield name
            continue
        path = str(getattr(origin, "name", ""))
        if path and not Path(path).resolve().is_relative_to(OWN_TEMPLATES):
            yield path
