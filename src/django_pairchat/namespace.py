"""Separation of installations that share one Redis, or any other channel layer or cache."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from .conf import conf
from .tenancy import current_tenant

NAME_DIGITS: Final = 16
SALT: Final = "django_pairchat.namespace"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The key with which an installation signs its messages, and a name that does not reveal the key."""

    name: str
    key: bytes

    @property
    def group(self) -> str:
        """The group of the channel layer that the processes share. It is a valid name in every layer."""
        return f"pairchat.{self.name}"

    def mark(self, body: bytes) -> str:
        """Return the signature of ``body`` with this key: 64 hexadecimal digits."""
        return hmac.digest(self.key, body, "sha256").hex()


def own() -> Namespace:
    """Return the namespace of this installation, made of ``SECRET_KEY``, ``PAIRCHAT["NAMESPACE"]`` and the tenant."""
    return _namespace(settings.SECRET_KEY, conf.namespace, current_tenant())


def known() -> list[Namespace]:
    """Return the installation's own namespace, and those of processes that use a key of ``SECRET_KEY_FALLBACKS``."""
    tenant = current_tenant()
    return [own(), *(_namespace(secret, conf.namespace, tenant) for secret in settings.SECRET_KEY_FALLBACKS)]


def is_own(body: bytes, mark: str) -> bool:
    """Return whether a process of this installation signed ``body``. Any other message must be ignored."""
    return any(hmac.compare_digest(each.mark(body), mark) for each in known())


def cache_key(what: str, user_key: str) -> str:
    """Return the cache key for data of the kind ``what`` about a user of this installation."""
    return f"pairchat:{own().name}:{what}:{user_key}"


def salt(base: str) -> str:
    """Return the salt for signatures of this kind, which one tenant makes and no other accepts."""
    tenant = current_tenant()
    return f"{base}:{tenant}" if tenant else base


@lru_cache(maxsize=1024)
def _namespace(secret: str | bytes, given: str, tenant: str) -> Namespace:
    text = json.dumps([given, tenant]) if tenant else given
    key = salted_hmac(SALT, text, secret=secret, algorithm="sha256").digest()
    return Namespace(hmac.digest(key, b"name", "sha256").hex()[:NAME_DIGITS], key)
