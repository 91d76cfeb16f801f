"""The surroundings of a page: the reader's time zone, the name of the site, and a server that speaks WSGI."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Final

from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.utils import timezone

from ..utils.time_zones import find_zone

logger = logging.getLogger("django_pairchat")

TIME_ZONE_COOKIE: Final = "pairchat_timezone"


def in_reader_time_zone(request: HttpRequest) -> AbstractContextManager[object]:
    """Activate the time zone of the reader's browser, which the browser client leaves in a cookie.

    It shows the times of rooms and lists in that zone, so pages that it does not fill are rendered in the same one.
    """
    zone = find_zone(request.COOKIES.get(TIME_ZONE_COOKIE, ""))
    return nullcontext() if zone is None or not settings.USE_TZ else timezone.override(zone)


def site_name(request: HttpRequest) -> str:
    """Return what the site calls itself: the name of ``django.contrib.sites`` if it is installed, else the host."""
    try:
        return str(get_current_site(request).name)
    except (ObjectDoesNotExist, ImproperlyConfigured):
        return request.get_host()


def tell_developers_of_wsgi(request: HttpRequest) -> None:
    """Log once that pages poll, while ``DEBUG`` is on: nothing else on the page or in the console says why."""
    if settings.DEBUG and isinstance(request, WSGIRequest):
        _tell_once()


@cache
def _tell_once() -> None:
    logger.warning(
        "The chat is served over WSGI, as by plain runserver: there is no socket, so open pages ask for news every few "
        "seconds. For live pages run an ASGI server, for example: uvicorn project.asgi:application --reload"
    )
