"""The picture of a preview, for the two people of the room only, and the form by which a sender asks for a preview."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from ..core.access import database, get_message, get_room, side_of
from ..core.request_cost import charge_request
from ..exceptions import CannotSend, ChatError
from ..policy import get_policy
from ..protocol import requests
from ..protocol.content import shown_preview
from ..web.attachments import rated
from ..web.links import room_url
from ..web.views import chat_view, form_action
from .models import LinkPreview
from .services import digest, request_preview

TYPE = "image/webp"


@rated
@require_safe
def image(request: HttpRequest, key: str, seq: int) -> HttpResponseBase:
    """Answer the picture of the page that a message shows. Every other case is answered in the same way."""
    if not request.user.is_authenticated:
        raise Http404
    try:
        message = get_message(side_of(get_room(request.user, key), request.user), seq)
    except ChatError:
        raise Http404 from None
    preview = shown_preview(message.content, message.data)
    pages = LinkPreview.objects.using(database())
    found = pages.filter(url_hash=digest(preview["url"])).first() if preview else None
    if found is None or not found.image:
        raise Http404
    response = HttpResponse(bytes(found.image), content_type=TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Access may be revoked, and then its copies are not asked for.
    response["Cache-Control"] = "private, max-age=3600"
    return response


@chat_view
@form_action
def wish(request: HttpRequest, *, key: str, seq: int) -> HttpResponse:
    """Let the sender of a link have a preview of it, as soon as a worker has fetched it."""
    charge_request(request.user, requests.Edit)
    if not get_policy().previews_on_request:
        raise CannotSend
    request_preview(request.user, key, seq)
    return redirect(room_url(key, anchor=seq))
