"""The devices of people that take push messages: made, renewed, moved and forgotten."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ..core.access import database
from ..core.transactions import retry_on_conflict
from .conf import conf
from .models import PushSubscription
from .vapid import from_base64, public_key

SIGN_IN_SALT: Final = "django_pairchat.notifications.sign_in"
SESSION_MARK: Final = "pairchat_device"
MOST_DEVICES: Final = 20
"""The devices that one person may have. With one more, the one that was not seen for longest is forgotten."""

ENDPOINT_LENGTH: Final = 2000
LABEL_LENGTH: Final = 80
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
HOST: Final = re.compile(r"[a-z0-9.-]+\Z")


def devices_of(user: Any) -> list[PushSubscription]:
    """Return the person's devices, the one that was seen last first."""
    return list(_rows().filter(user=user.pk, stopped=False).order_by("-seen_at", "-pk"))


def users_with_devices(user_keys: Collection[Any]) -> set[Any]:
    """Return which of these users have a device, in one query."""
    return set(_rows().filter(user__in=user_keys, stopped=False).values_list("user_id", flat=True))


def is_allowed_endpoint(endpoint: str) -> bool:
    """Return whether this is an address of a push service that messages may go to.

    The address comes from a browser, so from anybody. Nothing may be sent to a machine of the site's own network.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if len(endpoint) > ENDPOINT_LENGTH or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return False
    if parts.username is not None or parts.password is not None or not HOST.match(host):
        return False
    if _origin(parts.scheme, host, port) in {_origin_of(each) for each in conf.push_hosts if "://" in each}:
        return True
    if parts.scheme != "https" or port not in (None, DEFAULT_PORTS["https"]):
        return False
    return any(host == each or host.endswith(f".{each}") for each in conf.push_hosts)


def _origin_of(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return _origin(parts.scheme, parts.hostname or "", parts.port)


def _origin(scheme: str, host: str, port: int | None) -> tuple[str, str, int | None]:
    return scheme, host, port or DEFAULT_PORTS.get(scheme)


@retry_on_conflict
def add_device(
    user: Any, *, endpoint: str, p256dh: str, auth: str, label: str = "", device: str = "", renewed: bool = False
) -> PushSubscription | None:
    """Store what a browser's ``PushSubscription`` says, and return the row.

    An endpoint that another person had before moves to this one. ``label`` is what the person reads about the device,
    ``device`` the mark of the session, whose end ends it. With ``renewed`` it is a visit, not the person's wish: a
    device that the person has removed stays removed, and the result is ``None``. Raises ``ValueError`` for an endpoint
    at no push service of the settings, and for keys that are none.
    """
    if not is_allowed_endpoint(endpoint):
        raise ValueError("The endpoint is at none of the push services of PUSH_HOSTS.")
    _check_keys(p256dh, auth)
    if renewed and _rows().filter(endpoint_hash=_digest(endpoint), user=user.pk, stopped=True).exists():
        return None
    row: PushSubscription = _rows().update_or_create(
        endpoint_hash=_digest(endpoint),
        defaults={
            "user": user,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "vapid_key": public_key(conf.vapid_private_key),
            "device": device,
            "sign_in": _sign_in(user),
            "label": label[:LABEL_LENGTH],
            "stopped": False,
            "seen_at": timezone.now(),
            "wait_until": None,
            "delivered": {},
        },
    )[0]
    others = devices_of(user)
    # A session is one browser, whose former address is of no use any more.
    former = [each.pk for each in others if device and each.device == device and each.pk != row.pk]
    _forget(_rows().filter(pk__in=[*former, *(each.pk for each in others[MOST_DEVICES:])]))
    return row


def _check_keys(p256dh: str, auth: str) -> None:
    """Raise ``ValueError`` unless these are a point on the curve and a secret, as browsers make them."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64(p256dh))
    if len(from_base64(auth)) != 16:
        raise ValueError("The secret is not of 16 bytes.")


@retry_on_conflict
def remove_device(user: Any, pk: Any) -> None:
    """Send no more messages to one of the person's devices. Another person's is left alone."""
    _rows().filter(user=user.pk, pk=pk).update(stopped=True)


def remove_endpoint(endpoint: str) -> None:
    """Forget the device with this endpoint, whosoever it is: only its browser and this site know the address."""
    _forget(_rows().filter(endpoint_hash=_digest(endpoint)))


@retry_on_conflict
def replace_endpoint(old: str, *, endpoint: str, p256dh: str, auth: str) -> bool:
    """Store what a browser has put in the place of a subscription, and return whether that one was known.

    Who knows the old address is the browser itself. Raises ``ValueError`` as :func:`add_device` does.
    """
    if not is_allowed_endpoint(endpoint):
        raise ValueError("The endpoint is at none of the push services of PUSH_HOSTS.")
    _check_keys(p256dh, auth)
    values = {
        "endpoint": endpoint,
        "endpoint_hash": _digest(endpoint),
        "p256dh": p256dh,
        "auth": auth,
        "vapid_key": public_key(conf.vapid_private_key),
        "wait_until": None,
    }
    with transaction.atomic(using=database()):
        row = _rows().select_for_update().filter(endpoint_hash=_digest(old)).first()
        if row is None:
            return False
        _rows().filter(endpoint_hash=_digest(endpoint)).exclude(pk=row.pk).delete()
        _rows().filter(pk=row.pk).update(**values)
    return True


def usable_devices(user: Any) -> list[PushSubscription]:
    """Return the person's devices, without those of before the person's password was changed, which are forgotten."""
    devices = devices_of(user)
    valid = _valid_sign_ins(user)
    outdated = [each for each in devices if not any(constant_time_compare(each.sign_in, one) for one in valid)]
    if outdated:
        forget_devices(outdated)
    return [each for each in devices if each not in outdated]


def forget_devices(devices: Collection[PushSubscription]) -> None:
    """Forget devices, unless they were renewed since they were read."""
    for each in devices:
        _forget(_rows().filter(pk=each.pk, endpoint_hash=each.endpoint_hash, seen_at=each.seen_at))


@retry_on_conflict
def note(device: PushSubscription, **values: Any) -> None:
    """Store what happened to a message to this device."""
    _rows().filter(pk=device.pk).update(**values)


def end_with_session() -> None:
    """Let devices be forgotten when the session that made them is logged out."""
    user_logged_out.connect(_after_logout, dispatch_uid="django_pairchat.notifications.logout")


def _after_logout(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    session = getattr(request, "session", None)
    mark = session.get(SESSION_MARK) if session is not None else None
    if mark:
        _forget(_rows().filter(device=mark, stopped=False))


@retry_on_conflict
def _forget(rows: Any) -> None:
    rows.delete()


def _rows() -> Any:
    return PushSubscription.objects.using(database())


def _digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _sign_in(user: Any) -> str:
    return _valid_sign_ins(user)[0]


def _valid_sign_ins(user: Any) -> list[str]:
    """Return the digests of the user's present password, with the present ``SECRET_KEY`` and with former ones."""
    if not hasattr(user, "get_session_auth_hash"):
        return [""]
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    # Of another form than the hash itself, which is in the person's session.
    return [hashlib.sha256(f"{SIGN_IN_SALT}:{each}".encode()).hexdigest() for each in hashes]
