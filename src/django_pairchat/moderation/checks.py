"""System checks of the moderation.

========================  ====================================================================================
pairchat_moderation.E001  ``PAIRCHAT_MODERATION`` is not a dictionary, or has a name that does not exist
pairchat_moderation.E002  a value of it is of the wrong kind
pairchat_moderation.E003  statements are to be messages, but ``ACCOUNT`` names no account that they could come from
pairchat_moderation.E004  ``EVIDENCE_STORAGE`` is not in ``STORAGES``
========================  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from ..protocol.requests import KEY_LIMIT
from .conf import BY_MAIL, BY_MESSAGE, DEFAULTS, SETTING, conf

ID: Final = "pairchat_moderation"
NUMBERS: Final = ("NEIGHBOURS", "EVIDENCE_DAYS")
NEIGHBOURS_LIMIT: Final = 50


def register() -> None:
    checks.register(check_settings, ID)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        return [checks.Error(f"{SETTING} is not a dictionary.", hint=f"{SETTING} = {{}}", id=f"{ID}.E001")]
    return [*_unknown(given), *_wrong(given), *_unusable(given)]


def _unknown(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name in given:
        if name not in DEFAULTS:
            close = get_close_matches(str(name), DEFAULTS, 1)
            hint = f'Did you mean "{close[0]}"?' if close else f"There are {', '.join(DEFAULTS)}."
            yield checks.Error(f"{SETTING}[{name!r}] does not exist.", hint=hint, id=f"{ID}.E001")


def _wrong(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for name, value in given.items():
        wanted = _wanted(name, value)
        if wanted:
            yield checks.Error(f'{SETTING}["{name}"] is {value!r}.', hint=f"It must be {wanted}.", id=f"{ID}.E002")


def _wanted(name: str, value: Any) -> str:
    """Return what a value should be, empty if it is that."""
    if name == "CATEGORIES":
        return (
            "" if _are_categories(value) else f"a dictionary of names, of at most {KEY_LIMIT} ASCII letters, and labels"
        )
    if name in NUMBERS:
        longest = NEIGHBOURS_LIMIT if name == "NEIGHBOURS" else 36_500
        is_number = type(value) is int and 0 <= value <= longest
        return "" if is_number else f"a whole number from 0 to {longest}"
    if name == "STATEMENTS":
        return "" if value in (BY_MAIL, BY_MESSAGE) else f'"{BY_MAIL}" or "{BY_MESSAGE}"'
    if name == "ACCOUNT":
        return "" if isinstance(value, str | int) and not isinstance(value, bool) else "the key of a user"
    is_text = name not in DEFAULTS or isinstance(value, str) or hasattr(value, "__html__") or _is_lazy(value)
    return "" if is_text else "a text"


def _is_lazy(value: Any) -> bool:
    return hasattr(value, "_proxy____cast")


def _are_categories(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(name, str) and 0 < len(name) <= KEY_LIMIT and name.isascii() for name in value)
    )


def _unusable(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    if conf.statements == BY_MESSAGE and not conf.account:
        hint = f'{SETTING} = {{"ACCOUNT": "1", …}}, with the key of the account that speaks for the site.'
        yield checks.Error("Statements of reasons are messages of nobody.", hint=hint, id=f"{ID}.E003")
    if conf.storage not in getattr(settings, "STORAGES", {}):
        hint = f'{SETTING}["EVIDENCE_STORAGE"] names one of {", ".join(getattr(settings, "STORAGES", {}))}.'
        yield checks.Error(f"There is no storage {conf.storage!r}.", hint=hint, id=f"{ID}.E004")
