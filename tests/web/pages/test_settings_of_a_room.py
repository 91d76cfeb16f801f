"""What each side can set for itself, by form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_pairchat import services

from .browser import Browser, Page


def names(page: Page) -> list[str]:
    return [row.slot("name").text for row in page.rows]


def test_archive_moves_a_room_and_a_message_brings_it_back(
    at_minji: Browser, room: Any, juwon: Any, minji: Any, key: str
) -> None:
    services.send(room, minji, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/").press("Archive")
    assert page.url == "/chat/"
    assert names(page) == []
    archive = page.follow("Archived chats")
    assert names(archive) == ["juwon"]
    services.send(room, juwon, "are you there?")
    assert names(at_minji.open("/chat/")) == ["juwon"]


def test_a_room_can_be_moved_out_of_the_archive(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    services.send(room, minji, "hello")
    at_minji.open(f"/chat/rooms/{key}/").press("Archive")
    at_minji.open(f"/chat/rooms/{key}/").press("Unarchive")
    assert names(at_minji.open("/chat/")) == ["juwon"]


def test_mark_as_unread_leads_to_the_list_and_shows_a_mark(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Mark as unread")
    assert page.url == "/chat/"
    mark = page.rows[0].one(data_pc_part="unread")
    assert "hidden" not in mark.attrs
    assert mark.text == "unread"
    at_minji.open(f"/chat/rooms/{key}/").press("Mark as read")
    assert "hidden" in at_minji.open("/chat/").rows[0].one(data_pc_part="unread").attrs


@pytest.mark.parametrize(("label", "hours"), [("For 1 hour", 1), ("For 8 hours", 8)])
def test_mute_for_some_hours(at_minji: Browser, minji: Any, key: str, label: str, hours: int) -> None:
    before = timezone.now()
    page = at_minji.open(f"/chat/rooms/{key}/").press(label)
    until = services.get_room(minji, key).side(minji).muted_until
    assert before + timedelta(hours=hours) <= until <= timezone.now() + timedelta(hours=hours)
    assert "Muted until" in page.text
    assert "data-muted" in at_minji.open("/chat/").rows[0].attrs


def test_mute_until_unmuted(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Until I unmute it")
    assert "Muted" in page.text
    page.press("Unmute")
    assert "data-muted" not in at_minji.open("/chat/").rows[0].attrs


def test_a_mute_that_is_over_does_not_show(at_minji: Browser, minji: Any, key: str) -> None:
    services.change_settings(minji, key, muted_until=timezone.now() - timedelta(seconds=1))
    assert "data-muted" not in at_minji.open("/chat/").rows[0].attrs
    assert at_minji.open(f"/chat/rooms/{key}/").has_button("For 1 hour")


def test_clear_hides_for_me_what_was_on_the_page_and_nothing_later(
    at_minji: Browser, at_juwon: Browser, room: Any, juwon: Any, key: str
) -> None:
    services.send(room, juwon, "old")
    page = at_minji.open(f"/chat/rooms/{key}/")
    services.send(room, juwon, "came in between")
    assert page.press("Clear for me").texts == ["came in between"]
    assert at_juwon.open(f"/chat/rooms/{key}/").texts == ["old", "came in between"]


def test_a_block_closes_the_composer_for_both_with_one_sentence(
    at_minji: Browser, at_juwon: Browser, room: Any, key: str
) -> None:
    at_minji.open(f"/chat/rooms/{key}/").press("Block this person")
    sentences = []
    for browser in (at_minji, at_juwon):
        page = browser.open(f"/chat/rooms/{key}/")
        assert not page.has_button("Send")
        sentences.append(page.root.one(data_pc_part="closed").one("p").text)
    assert sentences == ["You cannot write in this chat."] * 2
    assert not at_juwon.open(f"/chat/rooms/{key}/").has_button("Unblock")


def test_unblock_opens_it_again(at_minji: Browser, at_juwon: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Block this person")
    token = fields(page)
    at_minji.post(f"/chat/rooms/{key}/settings/", {"blocked": "0", "csrfmiddlewaretoken": token})
    assert at_juwon.open(f"/chat/rooms/{key}/").has_button("Send")


def fields(page: Page) -> str:
    return page.root.all("input", name="csrfmiddlewaretoken")[0]["value"]


def test_a_text_written_before_the_block_is_kept_for_copying(at_minji: Browser, at_juwon: Browser, key: str) -> None:
    page = at_juwon.open(f"/chat/rooms/{key}/")
    at_minji.open(f"/chat/rooms/{key}/").press("Block this person")
    page = page.press("Send", content="a long letter")
    assert page.status == 403
    assert page.root.one("textarea", readonly=True).text == "a long letter"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"archived": "yes"},
        {"archived": ""},
        {"blocked": "2"},
        {"muted": "100"},
        {"muted": ""},
        {"cleared": "-1"},
        {"cleared": "x"},
        {"cleared": "9223372036854775808"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(at_minji: Browser, key: str, values: dict[str, str]) -> None:
    token = fields(at_minji.open(f"/chat/rooms/{key}/"))
    page = at_minji.post(f"/chat/rooms/{key}/settings/", {**values, "csrfmiddlewaretoken": token})
    assert page.status == 400
    assert "missing or out of range" in page.text


@pytest.mark.parametrize(
    ("wanted", "url"),
    [
        ("/posts/812/", "/posts/812/"),
        ("//evil.example/", None),
        ("https://evil.example/", None),
        ("javascript:alert(1)", None),
        ("/\\evil.example", None),
        ("", None),
    ],
)
def test_next_stays_on_the_site(at_minji: Browser, key: str, wanted: str, url: str | None) -> None:
    token = fields(at_minji.open(f"/chat/rooms/{key}/"))
    for action, values in (("settings", {"archived": "0"}), ("read", {"seq": "1"})):
        page = at_minji.client.post(
            f"/chat/rooms/{key}/{action}/", {**values, "next": wanted, "csrfmiddlewaretoken": token}
        )
        assert page["Location"] == (url or f"/chat/rooms/{key}/")


@pytest.fixture
def without_desk(settings: Any) -> None:
    """The form of a site without the app of moderation."""
    settings.PAIRCHAT = {**settings.PAIRCHAT, "FORM_CLASSES": {"report": "django_pairchat.forms.ReportForm"}}


@pytest.mark.usefixtures("without_desk")
def test_a_report_of_a_message_reaches_the_host(
    at_minji: Browser, room: Any, juwon: Any, key: str, django_capture_on_commit_callbacks: Any
) -> None:
    from django_pairchat.signals import message_reported

    heard: list[tuple[str, str]] = []

    def hear(sender: Any, message: Any, reason: str, **kwargs: Any) -> None:
        heard.append((message.content, reason))

    message_reported.connect(hear)
    try:
        services.send(room, juwon, "send me money")
        page = at_minji.open(f"/chat/rooms/{key}/messages/1/").follow("Report this message")
        assert page.texts == ["send me money"]
        with django_capture_on_commit_callbacks(execute=True):
            page = page.press("Send the report", reason="fraud")
    finally:
        message_reported.disconnect(hear)
    assert heard == [("send me money", "fraud")]
    assert "Your report was sent." in page.text


@pytest.mark.usefixtures("without_desk")
@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_report_needs_a_reason_and_keeps_what_was_written(at_minji: Browser, key: str, reason: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").follow("Report this chat").press("Send the report", reason=reason)
    assert page.status == 400
    assert "at most 1000 characters" in page.text
    assert page.root.one("textarea", name="reason").text == reason.strip()
