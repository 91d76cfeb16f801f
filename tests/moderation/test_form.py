"""The form of a report, as a browser without scripts shows and sends it."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat.moderation.models import Case, Report
from django_pairchat.services import get_room, send
from tests.conftest import People
from tests.web.pages.browser import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_juwon(people: People) -> Browser:
    return Browser(people.juwon)


def test_a_message_is_reported_with_category_consent_and_block(
    at_juwon: Browser, people: People, room: Any, key: str, scam: Any
) -> None:
    send(room, people.minji, "after it")
    page = at_juwon.open(f"/chat/rooms/{key}/messages/1/").follow("Report this message")
    assert "nothing else of this chat unless you agree" in page.text
    page = page.press("Send the report", category="fraud", reason="", context="on", block="on")
    assert "Your report was sent." in page.text
    kept = Report.objects.get()
    assert (kept.category, kept.text, kept.context, kept.case.seq) == ("fraud", "", True, 1)
    assert kept.case.evidence.count() == 2
    assert get_room(people.juwon, key).side(people.juwon).blocked


def test_neither_consent_nor_block_is_assumed(at_juwon: Browser, people: People, key: str, scam: Any) -> None:
    page = at_juwon.open(f"/chat/rooms/{key}/report/?seq=1")
    boxes = page.root.all("input", type="checkbox")
    assert [box["name"] for box in boxes] == ["context", "block"]
    assert all("checked" not in box.attrs for box in boxes)
    page.press("Send the report", category="spam", reason="rude")
    assert not Report.objects.get().context
    assert not get_room(people.juwon, key).side(people.juwon).blocked


def test_a_report_without_a_category_keeps_what_was_written(at_juwon: Browser, key: str, scam: Any) -> None:
    page = at_juwon.open(f"/chat/rooms/{key}/report/").press("Send the report", category="", reason="a long story")
    assert page.status == 422
    assert "Choose what is wrong." in page.text
    assert page.root.one("textarea", name="reason").text == "a long story"
    assert Case.objects.count() == 0


def test_a_chat_is_reported_from_its_menu(at_juwon: Browser, people: People, key: str, scam: Any) -> None:
    page = at_juwon.open(f"/chat/rooms/{key}/").follow("Report this chat")
    page.press("Send the report", category="harassment", reason="")
    assert (Case.objects.get().seq, Case.objects.get().accused) == (None, people.minji)


def test_without_neighbours_there_is_nothing_to_agree_to(at_juwon: Browser, key: str, scam: Any, settings: Any) -> None:
    settings.PAIRCHAT_MODERATION = {"NEIGHBOURS": 0}
    page = at_juwon.open(f"/chat/rooms/{key}/report/?seq=1")
    assert [box["name"] for box in page.root.all("input", type="checkbox")] == ["block"]


def test_its_switches_look_like_those_of_the_settings(at_juwon: Browser, key: str, scam: Any) -> None:
    page = at_juwon.open(f"/chat/rooms/{key}/report/?seq=1")
    rows = [box.parent for box in page.root.all("input", type="checkbox")]
    assert [row["class"] for row in rows if row] == ["pc-switch", "pc-switch"]
    assert [link for link in page.root.all("link") if "pairchat-preferences" in link["href"]]


def test_a_hosts_own_form_takes_precedence(at_juwon: Browser, key: str, scam: Any, settings: Any) -> None:
    own = {"report": "django_pairchat.forms.ReportForm"}
    settings.PAIRCHAT = {**settings.PAIRCHAT, "FORM_CLASSES": own}
    page = at_juwon.open(f"/chat/rooms/{key}/report/?seq=1")
    page.press("Send the report", reason="rude")
    assert Report.objects.get().category == "other"
