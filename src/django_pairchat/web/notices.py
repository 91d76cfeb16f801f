"""Notices of a policy's review, carried over the redirect after a form: signed, because a page shows what they say."""

from __future__ import annotations

from typing import Any, Final

from django.core import signing
from django.http import HttpRequest

from ..namespace import salt

SALT: Final = "django_pairchat.notice"
LIFETIME_SECONDS: Final = 600
LENGTH: Final = 500


def notice_query(user: Any, notice: str) -> dict[str, str]:
    """Return what to add to the query of an address for this notice, nothing for none."""
    if not notice:
        return {}
    return {"notice": signing.dumps([str(user.pk), notice[:LENGTH]], salt=salt(SALT), compress=True)}


def notice_in(request: HttpRequest) -> str:
    """Return the notice in the address of this page, ``""`` if there is none for this user."""
    try:
        owner, notice = signing.loads(request.GET.get("notice", ""), salt=salt(SALT), max_age=LIFETIME_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(notice) if owner == str(request.user.pk) else ""
