"""The key by which push services know this site, and whom they may write to (RFC 8292)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator

KEY_BYTES: Final = 32
PLACEHOLDERS: Final = ("example.com", "example.net", "example.org")
RESERVED: Final = ("example", "invalid", "localhost", "test", "local")
"""Domains at which nobody can be reached: Apple's service refuses every message that names one."""


@lru_cache(maxsize=1)
def has_extra() -> bool:
    """Return whether the packages of the extra ``webpush`` are installed, and can be imported."""
    try:
        import py_vapid  # noqa: F401 - whether it can be imported is the question
        import pywebpush  # noqa: F401 - the same
    except ImportError:
        return False
    return True


@lru_cache(maxsize=4)
def read_key(private_key: str) -> Any:
    """Return the key as ``py_vapid`` takes it. Raises ``ValueError`` if it is none."""
    from py_vapid import Vapid

    try:
        size = len(from_base64(private_key))
    except ValueError:
        size = 0
    if size != KEY_BYTES:
        raise ValueError(f"The key is not {KEY_BYTES} bytes in URL-safe Base64.")
    return Vapid.from_raw(private_key.encode())


@lru_cache(maxsize=4)
def is_key(private_key: str) -> bool:
    """Return whether this is a private key."""
    try:
        read_key(private_key)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def public_key(private_key: str) -> str:
    """Return the public key as browsers take it. Raises ``ValueError`` if the private key is none."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from py_vapid.utils import b64urlencode

    point = read_key(private_key).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))


def new_private_key() -> str:
    """Return a new key, as the setting takes it."""
    from py_vapid import Vapid
    from py_vapid.utils import b64urlencode

    made = Vapid()
    made.generate_keys()
    return str(b64urlencode(made.private_key.private_numbers().private_value.to_bytes(KEY_BYTES, "big")))


def from_base64(text: str) -> bytes:
    """Return the bytes of URL-safe Base64, with or without padding. Raises ``ValueError``."""
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    if not set(padded).isdisjoint("+/"):
        raise ValueError("This is not URL-safe Base64.")
    return urlsafe_b64decode(padded.encode("ascii"))


def is_real_subject(subject: str) -> bool:
    """Return whether this is a ``mailto:`` or ``https:`` address at which somebody may be reached."""
    try:
        if subject.startswith("mailto:"):
            address = subject.removeprefix("mailto:")
            EmailValidator(allowlist=[])(address)
            return _is_real_domain(address.rpartition("@")[2])
        URLValidator(schemes=["https"])(subject)
        return _is_real_domain(urlsplit(subject).hostname or "")
    except (ValidationError, ValueError):
        return False


def _is_real_domain(domain: str) -> bool:
    name = domain.lower().rstrip(".")
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return "." in name and name.rpartition(".")[2] not in RESERVED and name not in PLACEHOLDERS
    return False
