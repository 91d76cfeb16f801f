"""The OpenAPI document, where the host's settings serve it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from ..conf import conf
from ..openapi import document


@login_not_required
@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """Answer the document, which holds nothing of anybody. Raises ``Http404`` unless ``SERVE_SCHEMA`` is on."""
    if not conf.serve_schema:
        raise Http404
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})
