"""The worker that shows push messages, and what browsers tell about their subscriptions."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import services as chat
from ..core.access import all_rooms, side_of
from ..core.request_cost import charge_request
from ..exceptions import BadId, NotFound
from ..protocol import requests
from ..querysets import parse_key
from ..web.proofs import acts_as_another
from ..web.views import chat_view
from .conf import conf
from .device_forms import DeviceForm, EndpointForm, ReplacedForm
from .notifiers import get_notifiers
from .push import PushNotifier
from .services import change_notification_settings, notification_settings
from .subscriptions import (
    SESSION_MARK,
    add_device,
    devices_of,
    remove_device,
    remove_endpoint,
    replace_endpoint,
)
from .vapid import public_key

WORKER: Final = Path(__file__).parent / "static" / "pairchat" / "pairchat-push-worker.js"
MOST_ROOMS: Final = 50


def is_push_on() -> bool:
    """Return whether this site sends push messages."""
    return any(isinstance(notifier, PushNotifier) for notifier in get_notifiers())


def scope_url() -> str:
    """Return the path that the worker is for: the settings page's own, where no worker of the host's is at home."""
    return reverse("pairchat_notifications:settings")


def device_assets(request: HttpRequest, nonce: str) -> str:
    """Render the script that keeps this device's subscription up to date, with all that it must know."""
    if not is_push_on() or acts_as_another(request):
        return ""
    try:
        urls = {name: reverse(f"pairchat_notifications:{name}") for name in ("worker", "devices", "replaced", "unread")}
        context = {"urls": urls, "scope": scope_url()}
    except NoReverseMatch:
        return ""
    key = public_key(conf.vapid_private_key)
    context |= {"key": key, "me": str(request.user.pk), "nonce": nonce}
    return render_to_string("pairchat/notifications/assets.html", context)


def devices_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the settings page shows about the person's devices."""
    if not is_push_on():
        return {"has_devices": False}
    mark = _mark_of(request)
    devices = [{"row": row, "is_this": bool(mark) and row.device == mark} for row in devices_of(request.user)]
    return {"has_devices": True, "devices": devices}


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker. Browsers ask for it by themselves, without a session, too."""
    if not is_push_on():
        raise Http404
    response = HttpResponse(_worker_source(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = scope_url()
    return response


@cache
def _worker_source() -> bytes:
    return WORKER.read_bytes()


@chat_view
@require_http_methods(["GET", "HEAD", "POST"])
def devices(request: HttpRequest) -> HttpResponse:
    """Change the person's devices.

    ``act`` is ``add`` by a click, ``renew`` by a visit, ``remove`` by the device, or ``forget`` for one of the list.
    """
    if not is_push_on():
        raise NotFound
    if request.method != "POST":
        return redirect("pairchat_notifications:settings")
    charge_request(request.user, requests.Settings)
    act = request.POST.get("act")
    if act == "forget":
        _forget(request)
        return redirect("pairchat_notifications:settings")
    form = EndpointForm(request.POST) if act == "remove" else DeviceForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain")
    if act == "remove":
        remove_endpoint(form.cleaned_data["endpoint"])
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if acts_as_another(request):
        # The device of those who act as the person must not get the person's messages.
        raise NotFound
    try:
        is_on = _add(request, form, renewed=act == "renew")
    except ValueError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    return JsonResponse({"on": is_on})


def _add(request: HttpRequest, form: Any, *, renewed: bool) -> bool:
    """Store the device, switch the channel on for a person who wants it here, and return whether the device is on."""
    label = form.cleaned_data["label"]
    row = add_device(request.user, **form.subscription, label=label, device=_marked(request), renewed=renewed)
    if not renewed and not notification_settings(request.user).wants(PushNotifier.channel):
        change_notification_settings(request.user, channels={PushNotifier.channel: True})
    return row is not None


def _forget(request: HttpRequest) -> None:
    device = request.POST.get("device", "")
    if device.isdecimal() and device.isascii() and len(device) < 19:
        remove_device(request.user, int(device))


def _mark_of(request: HttpRequest) -> str:
    session = getattr(request, "session", None)
    return "" if session is None else str(session.get(SESSION_MARK, ""))


def _marked(request: HttpRequest) -> str:
    """Return the mark of this session, which gets one with its first device."""
    session = getattr(request, "session", None)
    if session is None:
        return ""
    if SESSION_MARK not in session:
        session[SESSION_MARK] = uuid4().hex
    return str(session[SESSION_MARK])


@never_cache
@csrf_exempt
@login_not_required
@require_POST
def replaced(request: HttpRequest) -> HttpResponse:
    """Take what a browser has put in the place of a subscription that has expired.

    The worker has neither a page nor a token of one. Its browser and this site alone know the old address.
    """
    if not is_push_on():
        raise Http404
    form = ReplacedForm(request.POST)
    try:
        if not form.is_valid():
            return HttpResponseBadRequest()
        replace_endpoint(form.cleaned_data["old"], **form.subscription)
    except ValueError:
        return HttpResponseBadRequest()
    except (OperationalError, InterfaceError):
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@chat_view
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """Say in which of these rooms the person has unread messages, and in how many rooms at all."""
    charge_request(request.user, requests.Inbox)
    keys = request.GET.getlist("room")[:MOST_ROOMS]
    return JsonResponse({"unread": _unread_among(request.user, keys), "count": chat.unread_rooms(request.user)})


def _unread_among(user: Any, keys: list[str]) -> list[str]:
    model = all_rooms().model
    wanted = []
    for key in keys:
        try:
            wanted.append(parse_key(model, key, "room"))
        except BadId:
            continue
    rooms = all_rooms().for_user(user).filter(pk__in=wanted)
    return [str(room.pk) for room in rooms if side_of(room, user).unread]
