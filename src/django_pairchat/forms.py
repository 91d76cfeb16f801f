"""The forms of the pages: what they carry, and their values as the services expect them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .wire import requests
from .wire.codes import Code

FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
MUTE_HOURS: Final = {"1": 1, "8": 8}
MUTE_ALWAYS: Final = "always"
DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def seq(values: Mapping[str, Any], name: str) -> int | None:
    """The number in this field, ``None`` when it is not there. Raises ``bad_request`` for anything else."""
    text = values.get(name) or ""
    if not text:
        return None
    if not DIGITS.fullmatch(text):
        requests.refuse(Code.BAD_REQUEST, name)
    return requests.seq(int(text), name)


def required_seq(values: Mapping[str, Any], name: str) -> int:
    number = seq(values, name)
    if number is None:
        requests.refuse(Code.BAD_REQUEST, name)
    return number


def flag(values: Mapping[str, Any], name: str) -> bool:
    """``1`` or ``0``. Raises ``bad_request`` for anything else."""
    if values[name] not in ("0", "1"):
        requests.refuse(Code.BAD_REQUEST, name)
    return bool(values[name] == "1")


def muted_until(values: Mapping[str, Any], name: str) -> datetime | None:
    """``0`` (not muted), a number of hours that the menu offers, or ``always``."""
    choice = values[name]
    if choice == "0":
        return None
    if choice == MUTE_ALWAYS:
        return FOR_EVER
    if choice not in MUTE_HOURS:
        requests.refuse(Code.BAD_REQUEST, name)
    return timezone.now() + timedelta(hours=MUTE_HOURS[choice])


SETTINGS: Final = {
    "archived": ("archived", flag),
    "blocked": ("blocked", flag),
    "cleared": ("cleared", required_seq),
    "marked_unread": ("marked_unread", flag),
    "muted": ("muted_until", muted_until),
}


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that this form names, as ``change_settings()`` takes them."""
    named = {setting: read(values, name) for name, (setting, read) in SETTINGS.items() if name in values}
    if not named:
        requests.refuse(Code.BAD_REQUEST)
    return named


class TextForm(forms.Form):
    """One box for a message's text. A plain ``Field``: what may be in a text is for the services to say."""

    content = forms.Field(
        label=_("Message"),
        required=False,
        widget=forms.Textarea(
            attrs={
                "class": "pc-input",
                "rows": 1,
                "dir": "auto",
                "autocomplete": "off",
                "placeholder": _("Write a message"),
                "data-pc-slot": "input",
            }
        ),
    )


class ComposerForm(TextForm):
    """A new message. ``client_id`` makes a double submit one message, so each rendering has its own."""

    client_id = forms.Field(widget=forms.HiddenInput)
    reply_to = forms.Field(required=False, widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, content: str = "", reply_to: int | None = None) -> ComposerForm:
        """For a message that was not sent yet, with an id that nothing was sent under."""
        initial = {"content": content, "client_id": uuid.uuid4(), "reply_to": "" if reply_to is None else str(reply_to)}
        return cls(initial=initial, auto_id="pc-%s")

    @classmethod
    def again(cls, content: str, client_id: uuid.UUID, reply_to: int | None) -> ComposerForm:
        """For the message that was tried under this id and may have been stored."""
        form = cls.fresh(content, reply_to)
        form.initial["client_id"] = client_id
        return form


class ReportForm(forms.Form):
    """Why a message or a conversation is reported."""

    reason = forms.Field(
        label=_("What is wrong?"),
        required=False,
        widget=forms.Textarea(
            attrs={"class": "pc-input", "rows": 4, "dir": "auto", "maxlength": requests.REASON_LIMIT}
        ),
    )


class SearchForm(forms.Form):
    """What to look for."""

    query = forms.Field(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "class": "pc-input",
                "type": "search",
                "dir": "auto",
                "autocomplete": "off",
                "placeholder": _("Search messages"),
                "maxlength": requests.QUERY_LIMIT,
            }
        ),
    )
