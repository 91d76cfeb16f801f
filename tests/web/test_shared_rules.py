"""The rules that server and browser client both implement, by the cases that ``node --test`` runs too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone, translation

from django_pairchat import get_message_model, get_room_model
from django_pairchat.base_models import FILE_KIND, SYSTEM, AbstractMessage
from django_pairchat.core.uploads import accepted_kind
from django_pairchat.model_parts.side import Side
from django_pairchat.policy import Policy
from django_pairchat.protocol.content import clean_content
from django_pairchat.protocol.errors import ChatError, ErrorCode
from django_pairchat.web.card_slots import holds, is_allowed_url, parse_time, text_at
from django_pairchat.web.javascript_catalog import javascript_catalog
from django_pairchat.web.presenters import badge_text, can_edit, unread_label
from django_pairchat.web.presenters.message import brief_time, in_one_group, photo_size, preview, tiles
from django_pairchat.web.presenters.person import PersonItem
from tests.shared import cases
from tests.support.outcomes import attempt
from tests.support.policies import chosen

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIDES = {"me": 1, "peer": 2, "9": 1, "17": 2, None: SYSTEM}


class SmallFiles(Policy):
    attachment_types = {".jpg": "image/jpeg", ".pdf": "application/pdf"}
    attachment_limit_bytes = 100


class Window(Policy):
    pass


@pytest.fixture
def now() -> Iterator[None]:
    with mock.patch.object(timezone, "now", return_value=NOW):
        yield


def message(**fields: Any) -> AbstractMessage:
    return get_message_model()(room=get_room_model()(), seq=1, rev=1, **{"side": 1, "created_at": NOW, **fields})


@pytest.mark.parametrize("case", cases("brief_dates"))
def test_dates_are_written_as_in_the_browser(case: dict[str, Any]) -> None:
    now = datetime.fromisoformat(case["now"])
    with timezone.override(UTC), translation.override(case["language"]):
        catalogue = javascript_catalog()
        patterns = {name: words for name, words in case["words"].items() if name != "weekdays"}
        assert {name: catalogue[name] for name in patterns} == patterns
        # The days have Django's own words, of which 6.1 has shortened the Korean ones.
        days = dict(zip(case["words"]["weekdays"], catalogue["weekdays"], strict=True))
        texts = {time: days.get(text, text) for time, text in case["texts"].items()}
        assert {time: brief_time(datetime.fromisoformat(time), now) for time in case["texts"]} == texts


@pytest.mark.parametrize("case", cases("grouping"))
def test_messages_are_grouped_as_in_the_browser(case: dict[str, Any]) -> None:
    first, second = (
        message(side=SIDES[each["sender"]], kind=each["kind"], created_at=datetime.fromisoformat(each["created_at"]))
        for each in case["messages"]
    )
    with timezone.override(UTC):
        assert in_one_group(first, second) is case["group"]


@pytest.mark.parametrize("case", cases("previews"))
def test_a_message_is_called_in_one_line_what_the_browser_calls_it(case: dict[str, Any]) -> None:
    file = case["attachment"] and {
        name: case["attachment"][name] for name in ("name", "type", "size", "width", "height")
    }
    about = message(
        content=case["content"],
        deleted_at=NOW if case["deleted"] else None,
        attachment="stored" if file else "",
        attachment_info=file,
        **({"kind": FILE_KIND} if file else {}),
    )
    assert preview(about) == case["preview"]


@pytest.mark.parametrize("case", cases("initials"))
def test_the_first_letter_of_a_name_is_that_of_the_browser(case: dict[str, Any]) -> None:
    assert PersonItem("1", case["person"]).initial == case["initial"]


@pytest.mark.parametrize("case", cases("avatar_colors"))
def test_a_person_has_the_colour_of_the_browser(case: dict[str, Any]) -> None:
    assert PersonItem(case["key"], "").avatar_color == str(case["color"])


@pytest.mark.parametrize("case", cases("blank_texts"))
def test_what_is_blank_for_the_browser_is_empty(case: dict[str, Any]) -> None:
    outcome = attempt(lambda: clean_content(case["text"]))
    assert (isinstance(outcome, ChatError) and outcome.code == ErrorCode.EMPTY) is case["blank"]


@pytest.mark.parametrize("case", cases("may_edit"))
def test_an_edit_is_offered_as_in_the_browser(case: dict[str, Any], now: None, monkeypatch: pytest.MonkeyPatch) -> None:
    window = case["window"]
    monkeypatch.setattr(Window, "edit_window", None if window is None else timedelta(seconds=window))
    about = message(
        side=SIDES[case["sender"]],
        kind=case["kind"],
        created_at=NOW - timedelta(seconds=case["age"]),
        deleted_at=NOW if case["deleted"] else None,
    )
    view: Any = SimpleNamespace(wire={"can_send": case["can_send"]}, side=Side(get_room_model()(), 1))
    with override_settings(PAIRCHAT=chosen(Window)):
        assert can_edit(view, about) is case["may_edit"]


@pytest.mark.parametrize("case", cases("file_checks"))
@override_settings(PAIRCHAT=chosen(SmallFiles))
def test_a_file_is_refused_for_what_the_browser_refuses_it_for(case: dict[str, Any]) -> None:
    file = SimpleUploadedFile("a", b"x" * case["size"])
    # Django's own files would shorten the name.
    file.__dict__["_name"] = case["file"]
    outcome = attempt(lambda: accepted_kind(file))
    assert (str(outcome.code) if isinstance(outcome, ChatError) else "") == case["code"]


@pytest.mark.parametrize("case", cases("albums"))
def test_an_album_is_laid_out_as_in_the_browser(case: dict[str, Any]) -> None:
    assert tiles(case["count"], captioned=case["captioned"]) == case["tiles"]


@pytest.mark.parametrize("case", cases("photo_sizes"))
def test_a_photo_is_as_large_as_in_the_browser(case: dict[str, Any]) -> None:
    assert photo_size(case["width"], case["height"]) == tuple(case["shown"])


@pytest.mark.parametrize("case", cases("unread"))
def test_as_much_is_unread_as_in_the_browser(case: dict[str, Any]) -> None:
    side = Side(get_room_model()(head=case["head"]), 1)
    side.read, side.cleared, side.marked_unread = case["read"], case["cleared"], case["marked_unread"]
    side.refresh_unread()
    assert (side.unread, side.has_unread) == (case["unread"], case["waits"])


@pytest.mark.parametrize("case", cases("badge_texts"))
def test_a_badge_says_what_it_says_in_the_browser(case: dict[str, Any]) -> None:
    assert (badge_text(case["count"]), unread_label(case["count"])) == (case["text"], case["label"])


@pytest.mark.parametrize("case", cases("card_texts"))
def test_a_card_says_what_its_data_says(case: dict[str, Any]) -> None:
    assert text_at(case["values"], case["path"]) == case["text"]


@pytest.mark.parametrize("case", cases("card_conditions"))
def test_parts_of_a_card_are_shown_by_conditions(case: dict[str, Any]) -> None:
    now = datetime(2026, 3, 1, 11, 59, 59, 500_000, tzinfo=UTC)
    assert holds(case["conditions"], case["values"], now) is case["holds"]


@pytest.mark.parametrize("case", cases("card_urls"))
def test_a_card_leads_to_pages_only(case: dict[str, Any]) -> None:
    assert is_allowed_url(case["url"]) is case["allowed"]


@pytest.mark.parametrize("case", cases("card_times"))
def test_a_time_in_a_card_is_a_day_or_has_a_zone(case: dict[str, Any]) -> None:
    assert (parse_time(case["text"]) is not None) is case["is_time"]
