"""The pages: a person's settings, and unsubscribing in one click without a login."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ..core.request_cost import charge_request
from ..exceptions import NotFound, error_text
from ..protocol import requests
from ..web.views import chat_view
from .device_views import devices_context
from .forms import SettingsForm
from .links import read_unsubscribe_token
from .notifiers import get_notifiers
from .services import change_notification_settings, notification_settings


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show and store the settings of the person who is signed in."""
    person = notification_settings(request.user)
    is_sent = request.method == "POST"
    form = SettingsForm(person, request.POST if is_sent else None)
    if is_sent:
        charge_request(request.user, requests.Settings)
        if form.is_valid():
            change_notification_settings(request.user, **form.changes())
            return redirect(f"{request.path}?saved=1")
    context = {
        "form": form,
        "me": str(request.user.pk),
        "is_saved": request.GET.get("saved") == "1",
        **devices_context(request),
    }
    status = HTTPStatus.BAD_REQUEST if is_sent else HTTPStatus.OK
    return render(request, "pairchat/notifications/settings.html", context, status=status)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Switch one channel off for the person of a signed address.

    Mail programs send the ``POST`` themselves (RFC 8058), without cookies. A ``GET`` only shows a button, because
    scanners of mails follow every address.
    """
    try:
        user, channel = read_unsubscribe_token(token)
    except NotFound as error:
        refusal = {"sentence": error_text(error), "code": str(error.code), "texts": []}
        return render(request, "pairchat/not_found.html", refusal, status=HTTPStatus.NOT_FOUND)
    labels = {each.channel: each.label for each in get_notifiers()}
    # A channel that the site had before sends nothing any more.
    if request.method == "POST" and channel in labels:
        change_notification_settings(user, channels={channel: False})
    context = {"channel": channel, "label": labels.get(channel, channel), "is_done": request.method == "POST"}
    return render(request, "pairchat/notifications/unsubscribe.html", context)
