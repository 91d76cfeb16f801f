"""What a room event says in words is in the language of each page, not in that of the act behind it."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils.translation import gettext_lazy

from django_pairchat.policy import Policy, Topic, TopicState
from django_pairchat.services import open_room
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.people import make_topic
from tests.support.policies import chosen

pytestmark = pytest.mark.usefixtures("threads")

WAIT = gettext_lazy("You are doing this too often. Wait a moment.")


class Shop(Policy):
    def topic(self, user: Any, topic: Any) -> Topic:
        return Topic("Lamp", state=TopicState("busy", WAIT))


async def test_each_page_is_told_of_a_room_in_its_own_language(people: People) -> None:
    with override_settings(PAIRCHAT=chosen(Shop)):
        room = await sync_to_async(lambda: open_room(people.juwon, people.minji, make_topic()))()
        async with (
            ChatCommunicator(people.minji, headers=[(b"accept-language", b"ko")]) as korean,
            ChatCommunicator(people.minji, headers=[(b"accept-language", b"en")]) as english,
            ChatCommunicator(people.juwon, headers=[(b"accept-language", b"en")]) as peer,
        ):
            await peer.send(room, "hello")
            labels = [(await page.event("room"))["room"]["topic"]["state"]["label"] for page in (korean, english)]
    assert [label.split()[0] for label in labels] == ["너무", "You"]
