"""The page that Prometheus reads."""

from __future__ import annotations

import hmac
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from .prometheus import registry_to_scrape

TOKEN_SETTING: Final = "PAIRCHAT_METRICS_TOKEN"  # noqa: S105 - the name of the setting
SCHEME: Final = "Bearer "


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics of the registry, if the request has the token of ``PAIRCHAT_METRICS_TOKEN``."""
    if not _has_token(request):
        refused = HttpResponse("The token of PAIRCHAT_METRICS_TOKEN is missing.\n", "text/plain", 401)
        refused["WWW-Authenticate"] = SCHEME.strip()
        return refused
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry_to_scrape()), content_type)


def _has_token(request: HttpRequest) -> bool:
    wanted = str(getattr(settings, TOKEN_SETTING, "") or "")
    given = request.headers.get("Authorization", "")
    return bool(wanted) and hmac.compare_digest(given.encode(), f"{SCHEME}{wanted}".encode())
