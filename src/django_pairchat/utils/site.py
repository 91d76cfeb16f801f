"""The name of the site where there is no request that could say it, as in a mail."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist


def site_name() -> str:
    """Return what ``django.contrib.sites`` calls it, else the host of ``SITE_URL``, and an empty text without both."""
    if apps.is_installed("django.contrib.sites"):
        from django.contrib.sites.models import Site

        try:
            site = Site.objects.get_current()
        except (ObjectDoesNotExist, ImproperlyConfigured):
            pass
        else:
            return str(site.name or site.domain)
    return urlsplit(str(getattr(settings, "PAIRCHAT_NOTIFICATIONS", {}).get("SITE_URL", ""))).netloc
