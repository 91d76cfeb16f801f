"""Staff who act as another user: what they see is real, but no trace of them may look like the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps

from ..policy import IMPERSONATING_APPS, Policy, get_policy


def can_happen() -> bool:
    """Return whether anybody can act as another user here, so that sessions must be looked at."""
    if type(get_policy()).is_impersonated is not Policy.is_impersonated:
        return True
    return any(apps.is_installed(name) for name in IMPERSONATING_APPS)


def is_impersonated(user: Any, session: Mapping[str, Any] | None) -> bool:
    """Return whether somebody else acts as ``user`` in this session, ``None`` for a client without one."""
    return session is not None and can_happen() and bool(get_policy().is_impersonated(user, session))
