"""System checks of the metrics.

=====================  ======================================================================
pairchat_metrics.W001  the URL is included, but there is no ``PAIRCHAT_METRICS_TOKEN``
pairchat_metrics.W002  ``PROMETHEUS_MULTIPROC_DIR`` is not a directory that can be written to
=====================  ======================================================================
"""

from __future__ import annotations

import os
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.urls import NoReverseMatch, reverse

from .prometheus import DIRECTORY
from .views import TOKEN_SETTING

TAG: Final = "pairchat_metrics"


def register() -> None:
    checks.register(check_token, TAG)
    checks.register(check_directory, TAG)


def check_token(**kwargs: Any) -> list[CheckMessage]:
    try:
        reverse("pairchat_metrics")
    except NoReverseMatch:
        return []
    if getattr(settings, TOKEN_SETTING, ""):
        return []
    hint = "Make one with `openssl rand -hex 32`, and give it to Prometheus as `authorization: credentials`."
    return [checks.Warning(f"There is no {TOKEN_SETTING}, so nobody can read it.", hint=hint, id=f"{TAG}.W001")]


def check_directory(**kwargs: Any) -> list[CheckMessage]:
    directory = os.environ.get(DIRECTORY)
    if directory is None or (os.path.isdir(directory) and os.access(directory, os.W_OK)):  # noqa: PTH112 - as os.access
        return []
    hint = "Make it before the servers start, and empty it at each start."
    return [checks.Warning(f"{DIRECTORY} is {directory!r}, no directory to write to.", hint=hint, id=f"{TAG}.W002")]
