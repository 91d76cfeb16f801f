"""URLs of the host that outlive a request: stored without a language, and shown with the one of the reader."""

from __future__ import annotations

from contextlib import AbstractContextManager
from urllib.parse import unquote, urlsplit, urlunsplit

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.urls import LocalePrefixPattern, get_script_prefix, get_urlconf, is_valid_path, translate_url
from django.utils import translation


def in_site_language() -> AbstractContextManager[None]:
    """Activate the language of a visitor who has chosen none."""
    return translation.override(settings.LANGUAGE_CODE)


def without_language(url: str) -> str:
    """Return the URL without the prefix that ``i18n_patterns()`` gave it in the active language."""
    prefix = _language_prefix()
    path = _path_of(url)
    if not prefix or not path.startswith(f"/{prefix}") or not is_valid_path(unquote(path)):
        return url
    return _with_path(url, get_script_prefix() + path.removeprefix(f"/{prefix}"))


def in_reader_language(url: str) -> str:
    """Return a URL from :func:`without_language` with its prefix, and its words, in the active language."""
    reader = translation.get_language() or settings.LANGUAGE_CODE
    path = _path_of(url)
    if not url or not _language_prefix_is_used() or is_valid_path(unquote(path)):
        return url
    with in_site_language():
        in_default = f"/{_language_prefix()}{path.removeprefix('/')}"
        if not is_valid_path(unquote(in_default)):
            return url
        translated = translate_url(in_default, reader)
    return url if translated == in_default and get_script_prefix() != "/" else _with_path(url, translated)


def _path_of(url: str) -> str:
    """Return the path below the prefix that the project is mounted under."""
    return "/" + urlsplit(url).path.removeprefix(get_script_prefix()).removeprefix("/")


def _with_path(url: str, path: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, parts.fragment))


def _language_prefix_is_used() -> bool:
    urlconf = get_urlconf() or getattr(settings, "ROOT_URLCONF", None)
    return urlconf is not None and is_language_prefix_patterns_used(urlconf)[0]


def _language_prefix() -> str:
    """Return what ``i18n_patterns()`` puts before a path in the active language, with a slash at its end."""
    if not _language_prefix_is_used():
        return ""
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return LocalePrefixPattern(prefix_default_language=is_language_prefix_patterns_used(urlconf)[1]).language_prefix
