"""The names of a host's objects and the URLs of their pages, as far as their models tell them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

from ..protocol.content import is_blank

NAME_COLUMNS: Final = ("name", "display_name", "nickname")
ADDRESS_BESIDE_A_NAME: Final = re.compile(r"\s*<[^<>]*@[^<>]*>")
DOMAIN_OF_AN_ADDRESS: Final = re.compile(r"(?<=\S)@\S*")
OWN_SITE_OR_WEB: Final = re.compile(r"/|https?://", re.IGNORECASE)


def default_name(user: Any) -> str:
    """Return a name for any user object: without its e-mail address, never empty, never made of missing columns."""
    candidates = [_full_name, *(_column(name) for name in NAME_COLUMNS), _as_text]
    names = (_without_address(candidate(user)) for candidate in candidates)
    return next((name for name in names if not is_blank(name)), str(user.pk))


def _full_name(user: Any) -> str:
    get_full_name = getattr(user, "get_full_name", None)
    name = str(get_full_name() or "") if callable(get_full_name) else ""
    if None in (getattr(user, "first_name", ""), getattr(user, "last_name", "")):
        # Django's method writes "None" for a column that is empty, or that the model has removed.
        return " ".join(word for word in name.split() if word != "None")
    return name


def _column(name: str) -> Callable[[Any], str]:
    def value(user: Any) -> str:
        found = getattr(user, name, "")
        return found if isinstance(found, str) else ""

    return value


def _as_text(user: Any) -> str:
    try:
        text = str(user)
    except TypeError:
        # Django's __str__() returns the user name, which may be None.
        return ""
    return "" if text == "None" else text


def _without_address(name: str) -> str:
    return DOMAIN_OF_AN_ADDRESS.sub("", ADDRESS_BESIDE_A_NAME.sub("", name)).strip()


def default_url(topic: Any) -> str:
    """Return the URL of a page about this object, in the active language, ``""`` if it has none."""
    for name in ("get_absolute_url", "get_url"):
        method = getattr(topic, name, None)
        if callable(method) and _takes_nothing(method):
            url = method()
            if url:
                return str(url)
    url = getattr(topic, "url", None)
    # A column of this name may hold anything that a person typed.
    return url if isinstance(url, str) and OWN_SITE_OR_WEB.match(url) else ""


def _takes_nothing(method: Callable[..., Any]) -> bool:
    try:
        inspect.signature(method).bind()
    except (TypeError, ValueError):
        return False
    return True
