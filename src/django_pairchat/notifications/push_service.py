"""One message to one device: encrypted, signed, posted to its push service, and what the answer means."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone

from .conf import conf
from .models import PushSubscription
from .subscriptions import is_allowed_endpoint
from .vapid import public_key, read_key

logger = logging.getLogger("django_pairchat")

TIMEOUT_SECONDS: Final = 10
KEPT_SECONDS: Final = 24 * 3600
"""How long a push service keeps a message for a device that is not connected."""

SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(hours=1)
HOST_REST: Final = timedelta(minutes=1)
"""How long a push service that did not answer is left alone, so that it holds up nobody else's notifications."""

SIGNATURE_LIFETIME: Final = timedelta(hours=12)
EXCERPT_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """The push service has it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The device takes no messages any more, and is to be forgotten."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Try it again after this time. ``told`` if the push service has named it for this device."""

    reason: str
    time: timedelta
    told: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The push service does not take this message, now or later."""

    reason: str


Answer = Taken | Gone | Wait | Rejected


def deliver(device: PushSubscription, payload: bytes, topic: str) -> Answer:
    """Send one message. A later one with the same topic takes the place of one that waits at the push service.

    Nothing is sent to a host that is not in ``PUSH_HOSTS``, and no redirect is followed.
    """
    if not is_allowed_endpoint(device.endpoint):
        return Gone("its push service is not in PUSH_HOSTS")
    if device.wait_until is not None and device.wait_until > timezone.now():
        return Wait("its push service has asked to wait", device.wait_until - timezone.now())
    host = urlsplit(device.endpoint).netloc
    rest = _rests.left(host)
    if rest:
        return Wait(f"{host} does not answer", rest)
    return _post(device, host, payload, topic)


def _post(device: PushSubscription, host: str, payload: bytes, topic: str) -> Answer:
    import requests
    from pywebpush import WebPusher, WebPushException

    info = {"endpoint": device.endpoint, "keys": {"p256dh": device.p256dh, "auth": device.auth}}
    headers = {**_signature(device.endpoint), "Urgency": "high", "Topic": topic}
    try:
        pusher = WebPusher(info, requests_session=_session())
        response = pusher.send(payload, headers, ttl=KEPT_SECONDS, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        _rests.begin(host, HOST_REST)
        return Wait(f"{host} cannot be reached ({type(error).__name__})", HOST_REST)
    except (ValueError, WebPushException) as error:
        return Gone(f"nothing can be encrypted with its keys ({type(error).__name__})")
    return _answer_of(device, host, response)


def _signature(endpoint: str) -> dict[str, Any]:
    parts = urlsplit(endpoint)
    claims = {
        "sub": conf.vapid_subject,
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((timezone.now() + SIGNATURE_LIFETIME).timestamp()),
    }
    signature: dict[str, Any] = read_key(conf.vapid_private_key).sign(claims)
    return signature


def _answer_of(device: PushSubscription, host: str, response: Any) -> Answer:
    status = int(response.status_code)
    if 200 <= status < 300:
        return Taken()
    reason = f"{host} answers {status}: {response.text[:EXCERPT_LENGTH]!r}"
    if status in (404, 410):
        return Gone(f"{host} answers {status}")
    if status in (400, 401, 403) and device.vapid_key != public_key(conf.vapid_private_key):
        return Gone(f"it was subscribed with another VAPID key, and {host} answers {status}")
    if status == 429 or status >= 500:
        wait = _retry_after(response.headers.get("Retry-After"))
        if status in (502, 503, 504):
            _rests.begin(host, wait or HOST_REST)
        return Wait(reason, wait or HOST_REST, told=wait is not None)
    if status in (401, 403):
        # Of the site's settings, which somebody may repair.
        logger.error("A push service refuses this site. Check VAPID_SUBJECT and VAPID_PRIVATE_KEY. %s", reason)
        return Wait(reason, HOST_REST)
    return Rejected(reason)


def _retry_after(value: str | None) -> timedelta | None:
    """Return how long a header of seconds or of a date asks to wait, within limits; ``None`` if it says nothing."""
    if value is None:
        return None
    try:
        asked = timedelta(seconds=int(value)) if value.strip().isdigit() else _time_until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(asked, SHORTEST_WAIT), LONGEST_WAIT)


def _time_until(date: str) -> timedelta:
    at = parsedate_to_datetime(date)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)


class _Rests:
    """The push services that did not answer just now, for this process."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def begin(self, host: str, rest: timedelta) -> None:
        self._until[host] = time.monotonic() + rest.total_seconds()

    def left(self, host: str) -> timedelta:
        return timedelta(seconds=max(0.0, self._until.get(host, 0.0) - time.monotonic()))

    def clear(self) -> None:
        self._until.clear()


_rests: Final = _Rests()
_local: Final = threading.local()


def _session() -> Any:
    """Return this thread's session, which keeps connections open and follows no redirect."""
    session = getattr(_local, "session", None)
    if session is None:
        import requests

        class Session(requests.Session):
            def get_redirect_target(self, resp: Any) -> None:
                return None

        session = _local.session = Session()
    return session
