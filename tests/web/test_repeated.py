"""What a page has dozens of is rendered once for each kind, with what differs each time."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.template import Context, engines
from django.utils import translation

from django_pairchat.web.presenters.inbox import RoomRow
from django_pairchat.web.presenters.message import MessageItem, Quote
from django_pairchat.web.presenters.person import PersonItem

LOADED = "{% load i18n pairchat_repeated %}"


def rendered(template: str, **values: Any) -> str:
    return str(engines["django"].from_string(LOADED + template).render(values))


def test_what_is_inside_is_rendered_once_for_each_value_and_its_gaps_each_time() -> None:
    numbers = count(1)
    template = (
        "{% for item in items %}{% pairchat_once item.0 %}[{{ item.0 }} {{ next }}"
        "{% pairchat_each %}{{ item.1 }}{% endpairchat_each %}]{% endpairchat_once %}{% endfor %}"
    )
    shown = rendered(template, items=[("a", "<"), ("b", "2"), ("a", "3")], next=lambda: next(numbers))
    assert shown == "[a 1&lt;][b 22][a 13]"


def test_nothing_is_kept_from_one_page_to_the_next() -> None:
    template = engines["django"].from_string(LOADED + "{% pairchat_once 1 %}{{ name }}{% endpairchat_once %}")
    assert [template.render({"name": name}) for name in ("Ada", "Grace")] == ["Ada", "Grace"]


def test_a_change_of_the_language_within_a_page_is_seen() -> None:
    template = (
        "{% for code in codes %}{% language code %}"
        '{% pairchat_once 1 %}{% translate "Yes" %}{% endpairchat_once %}{% endlanguage %}{% endfor %}'
    )
    with translation.override("en"):
        assert rendered(template, codes=["en", "de", "en"]) == "YesJaYes"


def test_gaps_of_what_stands_within_another_are_its_own() -> None:
    template = (
        "{% for item in items %}{% pairchat_once 1 %}({% pairchat_each %}"
        "{% pairchat_once 2 %}<{% pairchat_each %}{{ item }}{% endpairchat_each %}>{% endpairchat_once %}"
        "{% endpairchat_each %}){% endpairchat_once %}{% endfor %}"
    )
    assert rendered(template, items="ab") == "(<a>)(<b>)"


def test_a_gap_that_stands_alone_is_rendered() -> None:
    assert rendered("{% pairchat_each %}{{ name }}{% endpairchat_each %}", name="Ada") == "Ada"


BUBBLE: dict[str, Any] = {
    "seq": "1",
    "url": "/1/",
    "content": "One",
    "peer": PersonItem("5", "Grace"),
    "sender_name": "Grace",
    "created": "2026-01-01T10:00:00.000Z",
    "created_at": datetime(2026, 1, 1, 10, tzinfo=UTC),
}
CHANGED_BUBBLES: list[dict[str, Any]] = [
    {"seq": ""},
    {"seq": "2", "url": "/2/"},
    {"content": "Two <b>"},
    {"content": ""},
    {"created": "2026-01-01T10:01:00.000Z", "created_at": datetime(2026, 1, 1, 10, 1, tzinfo=UTC)},
    {"deleted": True},
    {"mine": True},
    {"peer": None},
    {"peer": PersonItem("7", "Ada <3")},
    {"sender_name": "Me"},
    {"status": "read"},
    {"starred": True},
    {"edited": True},
    {"reaction_peer": "👍"},
    {"reply": Quote("1", "#m-1", "Ada", "What?")},
    {"attachment": {"name": "a.pdf", "size": 5, "type": "application/pdf", "url": "/a", "width": None}},
    {"preview": {"url": "https://example.org/", "title": "A title"}},
    {"first": False},
    {"last": False},
    {"latest": True},
    {"rev": "4", "client_id": "c", "kind": "<b>", "sender": '"quoted"'},
    {"album": "a1", "tile": "half"},
    {"reaction_mine": "😂"},
]
ROW: dict[str, Any] = {
    "key": "1",
    "url": "/1/",
    "peer": PersonItem("5", "Grace"),
    "preview": "Hello",
    "at": datetime(2026, 1, 1, 10, tzinfo=UTC),
    "at_utc": "2026-01-01T10:00:00.000Z",
}
CHANGED_ROWS: list[dict[str, Any]] = [
    {"key": "2"},
    {"url": "/2/"},
    {"url": ""},
    {"preview": "Hello <b>"},
    {"topic": "A lamp"},
    {"topic": "A lamp", "topic_image": "/lamp.jpg", "topic_state": {"key": "sold", "label": "Sold"}},
    {"topic": "A lamp", "topic_image": "/chair.jpg", "topic_state": {"key": "open", "label": "Open"}},
    {"topic": "A chair", "topic_image": "/chair.jpg"},
    {"unread": "3"},
    {"marked_unread": True},
    {"mine": True},
    {"pinned": True},
    {"muted": True},
    {"archived": True},
    {"current": True},
    {"arriving": True},
    {"epoch": "e", "rev": "4", "head": "5", "state": "s", "at_utc": "2026-01-01T10:01:00.000Z"},
    {"at": None},
    {"at": datetime(2025, 1, 1, 10, tzinfo=UTC)},
    {"peer": PersonItem("8", '"Grace"', avatar="/a.png")},
]


def together_and_alone(template: str, name: str, items: list[Any]) -> tuple[list[str], list[str]]:
    """Return the items as one page shows them all, in any order, and as a page of its own shows each."""
    part = engines["django"].get_template(template).template  # type: ignore[attr-defined]  # of Django's own engine
    page = Context({})
    shown = []
    for item in [*items, *reversed(items), *items]:
        with page.push(**{name: item}):
            shown.append(part.render(page))
    return shown, [part.render(Context({name: item})) for item in [*items, *reversed(items), *items]]


@pytest.mark.parametrize(("kind", "changes"), [(MessageItem, CHANGED_BUBBLES), (RoomRow, CHANGED_ROWS)])
def test_each_field_is_among_what_is_tried(kind: type[MessageItem | RoomRow], changes: list[dict[str, Any]]) -> None:
    tried = {name for changed in changes for name in changed}
    # Cards need templates of a host's: tests/web/pages/test_cards.py has pages with several.
    assert {each.name for each in fields(kind)} - {"card", "card_values"} == tried


@pytest.mark.parametrize(
    ("template", "name", "items"),
    [
        (
            "pairchat/partials/message.html",
            "bubble",
            [MessageItem(**BUBBLE | changed) for changed in ({}, *CHANGED_BUBBLES)],
        ),
        ("pairchat/partials/room_row.html", "row", [RoomRow(**ROW | changed) for changed in ({}, *CHANGED_ROWS)]),
    ],
)
def test_what_looks_alike_in_a_page_differs_where_it_should(template: str, name: str, items: list[Any]) -> None:
    together, alone = together_and_alone(template, name, items)
    assert together == alone
