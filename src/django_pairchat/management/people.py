"""Shared by the commands about one person: finding the person, and asking before what cannot be undone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError


def user_with_key(key: str) -> Any:
    """Return the user with this primary key. Raises ``CommandError``."""
    try:
        return get_user_model()._default_manager.get(pk=key)
    except (get_user_model().DoesNotExist, ValueError, OverflowError, ValidationError):
        raise CommandError(f"There is no user with the key {key!r}. Nothing was changed.") from None


def confirm() -> None:
    """Ask for ``yes``. Raises ``CommandError`` for anything else, and without a terminal."""
    try:
        answer = input("Type 'yes' to continue: ")
    except EOFError:
        raise CommandError(
            "No confirmation is possible without a terminal: use --no-input. Nothing was changed."
        ) from None
    if answer != "yes":
        raise CommandError("Nothing was changed.")
