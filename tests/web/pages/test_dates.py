"""A day of a chat by its address and by a form, without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from django_pairchat import get_message_model, services
from django_pairchat.web.surroundings import TIME_ZONE_COOKIE

from .browser import Browser


@pytest.fixture
def talk(room: Any, juwon: Any, settings: Any) -> str:
    """A chat with a message each at 14, 16 and 18 o'clock UTC. At 15 it is midnight in Seoul."""
    settings.TIME_ZONE = "UTC"
    for hour in (14, 16, 18):
        message = services.send(room, juwon, f"at {hour}")
        at = datetime(2026, 3, 1, hour, tzinfo=UTC)
        if not settings.USE_TZ:
            at = timezone.make_naive(at)
        get_message_model().objects.filter(pk=message.pk).update(created_at=at)
    return str(room.pk)


def test_a_day_begins_where_the_reader_is(at_minji: Browser, talk: str) -> None:
    address = f"/chat/rooms/{talk}/?date=2026-03-02"
    assert at_minji.open(address).fragment == "m-3"
    at_minji.client.cookies[TIME_ZONE_COOKIE] = "Asia/Seoul"
    page = at_minji.open(address)
    assert (page.fragment, page.texts) == ("m-2", ["at 14", "at 16", "at 18"])


def test_the_menu_and_the_line_of_a_day_lead_there(at_minji: Browser, talk: str) -> None:
    page = at_minji.open(f"/chat/rooms/{talk}/")
    form = page.root.one("form", data_pc_form="date")
    box = page.root.one("input", type="date")
    assert (box["form"], box["name"], form["action"]) == (form["id"], "date", f"/chat/rooms/{talk}/")
    assert page.root.one("a", data_pc_action="date")["href"] == f"/chat/rooms/{talk}/?date=2026-03-01"


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "0001-01-01x", "12026-01-01"])
def test_what_is_no_day_is_refused(at_minji: Browser, talk: str, day: str) -> None:
    assert at_minji.open(f"/chat/rooms/{talk}/?date={day}").status == 400
