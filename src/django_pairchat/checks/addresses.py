"""Addresses of the site: whether they lead to the chat, and to a page to log in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, get_script_prefix, resolve, reverse
from django.utils import translation

NAMES: Final[dict[str, list[str]]] = {
    "inbox": [],
    "open": [],
    "search": [],
    "room": ["1"],
    "send": ["1"],
    "message": ["1", "1"],
    "attachment": ["1", "1"],
    "api_inbox": [],
    "api_messages": ["1"],
}


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        shadowed = next(_shadowed(), None)
    except NoReverseMatch:
        return [
            checks.Warning(
                "The URLs of the chat are not included.",
                hint='path("chat/", include("django_pairchat.urls")),',
                id="pairchat.W004",
            )
        ]
    if shadowed is None:
        return []
    url, view = shadowed
    return [
        checks.Warning(
            f"{url} should be a page of the chat, but {view} answers there.",
            hint="Django takes the first pattern that matches: include the chat's URLs above any catch-all, such as "
            'path("", include(wagtail_urls)), path("<slug:page>/", …) or re_path(r"^.*$", …).',
            id="pairchat.W007",
        )
    ]


def _shadowed() -> Iterator[tuple[str, str]]:
    """Yield the addresses at which another view stands, with that view. Raises ``NoReverseMatch`` without any."""
    for name, parts in NAMES.items():
        url = reverse(f"pairchat:{name}", args=parts)
        match = _match(url)
        if match is None or "pairchat" not in match.app_names:
            yield url, "nothing" if match is None else match._func_path


def _match(url: str) -> ResolverMatch | None:
    path = "/" + urlsplit(url).path.removeprefix(get_script_prefix()).removeprefix("/")
    try:
        return resolve(unquote(path))
    except Resolver404:
        return None


def check_login_page(**kwargs: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None) or login_page_exists():
        return []
    return [
        checks.Warning(
            f"LOGIN_URL is {str(settings.LOGIN_URL)!r}, but nothing answers there: visitors of the chat end at 404.",
            hint='path("accounts/", include("django.contrib.auth.urls")), with a template registration/login.html; or '
            "set LOGIN_URL to the page that you have.",
            id="pairchat.W008",
        )
    ]


def login_page_exists() -> bool:
    """Return whether ``LOGIN_URL`` leads to a page of this site, in any language, or to another site."""
    languages = [code for code, _name in settings.LANGUAGES]
    return any(map(_login_page_in, [settings.LANGUAGE_CODE, *languages]))


def _login_page_in(language: str) -> bool:
    with translation.override(language):
        try:
            url = resolve_url(settings.LOGIN_URL)
        except NoReverseMatch:
            return False
        if urlsplit(url).netloc or not url.startswith("/"):
            # It is on another site. Of a name that is no address, resolve_url() has answered the name.
            return bool(urlsplit(url).netloc)
        slash = "/" if settings.APPEND_SLASH and not urlsplit(url).path.endswith("/") else ""
        prefixed = f"{get_script_prefix()}{language}/{urlsplit(url).path.removeprefix(get_script_prefix())}"
        return any(_match(each) is not None for each in (urlsplit(url).path + slash, prefixed + slash))
