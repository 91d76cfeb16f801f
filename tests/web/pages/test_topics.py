"""What a chat is about, on the pages: a card at the top of the room, picture and state in the line of the list."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_pairchat import services
from django_pairchat.policy import Policy, Topic, TopicState
from tests.support.people import make_topic
from tests.support.policies import chosen

from .browser import Browser, Element


class Market(Policy):
    image: str | None = "https://media.example.com/lamp.jpg"
    state: TopicState | None = TopicState("sold", "<Sold>")

    def topic(self, user: Any, topic: Any) -> Topic:
        return Topic("Lamp", f"/{user or 'nobody'}/", image=self.image, subtitle="₩15,000", state=self.state)


@pytest.fixture
def room(minji: Any, juwon: Any) -> Any:
    with override_settings(PAIRCHAT=chosen(Market)):
        room = services.open_room(juwon, minji, make_topic())
        services.send(room, juwon, "hello")
        yield room


def parts(root: Element) -> dict[str, Any]:
    """What is shown of the topic; ``None`` for what is hidden."""
    image, state = root.one(data_pc_part="topic-image"), root.one(data_pc_part="topic-state")
    return {
        "title": root.slot("topic").text,
        "image": None if "hidden" in image.attrs else image.one("img")["src"],
        "state": None if "hidden" in state.attrs else (state["data-key"], state.text),
    }


def card(user: Any, room: Any) -> Element:
    return Browser(user).open(f"/chat/rooms/{room.pk}/").root.one("pair-chat").one("a", class_="pc-topic")


def line(user: Any) -> Element:
    return Browser(user).open("/chat/").rows[0]


EVERYTHING = {"title": "Lamp", "image": "https://media.example.com/lamp.jpg", "state": ("sold", "<Sold>")}


def test_room_and_list_show_the_topic_as_the_policy_says(minji: Any, room: Any) -> None:
    assert parts(card(minji, room)) == parts(line(minji)) == EVERYTHING
    assert card(minji, room).slot("topic-subtitle").text == "₩15,000"


def test_each_side_has_a_link_of_its_own(minji: Any, juwon: Any, room: Any) -> None:
    assert [card(user, room)["href"] for user in (minji, juwon)] == [f"/{minji}/", f"/{juwon}/"]


def test_a_topic_of_a_title_alone_has_neither_picture_nor_state(
    minji: Any, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Market, "image", None)
    monkeypatch.setattr(Market, "state", None)
    plain = {"title": "Lamp", "image": None, "state": None}
    assert parts(card(minji, room)) == parts(line(minji)) == plain


def test_a_topic_that_is_gone_is_shown_as_it_was_without_a_link(minji: Any, room: Any) -> None:
    room.topic.delete()
    gone = card(minji, room)
    assert parts(gone) == EVERYTHING
    assert "href" not in gone.attrs


def test_a_picture_has_a_size_before_it_is_there_waits_to_be_seen_and_is_decoration(minji: Any, room: Any) -> None:
    for image, size in ((card(minji, room), "48"), (line(minji).one(data_pc_part="topic-image"), "40")):
        shown = image.one("img", data_pc_slot="topic-image").attrs
        assert (shown["width"], shown["height"], shown["alt"], shown["loading"]) == (size, size, "", "lazy")
        assert shown["referrerpolicy"] == "no-referrer"
