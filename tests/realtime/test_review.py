"""The policy's review of messages that come over the socket: in the sender's language, and with late receivers."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils.translation import gettext_lazy

from django_pairchat.policy import Policy
from django_pairchat.review import Hold, Reject, Verdict, Warn
from django_pairchat.signals import message_held
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.policies import chosen

pytestmark = pytest.mark.usefixtures("threads")

TEXT = gettext_lazy("You are doing this too often. Wait a moment.")
IN_KOREAN = "너무 자주 하고 있어요. 잠시만 기다려 주세요."


class SpeaksTheirLanguage(Policy):
    def review(self, user: Any, room: Any, content: str) -> Verdict:
        notice: Any = TEXT
        return {"warn": Warn(notice), "reject": Reject(notice), "hold": Hold(notice)}[content]


@pytest.mark.parametrize(("text", "said"), [("warn", "notice"), ("reject", "message")])
async def test_the_sender_reads_it_in_the_language_of_the_connection(
    people: People, room: Any, text: str, said: str
) -> None:
    with override_settings(PAIRCHAT=chosen(SpeaksTheirLanguage)):
        async with ChatCommunicator(people.minji, headers=[(b"accept-language", b"ko")]) as page:
            assert (await page.send(room, text))[said] == IN_KOREAN


async def test_a_receiver_that_takes_long_does_not_keep_the_sender_waiting(people: People, room: Any) -> None:
    let_go, heard = threading.Event(), threading.Event()

    def receive(**payload: Any) -> None:
        assert let_go.wait(60)
        heard.set()

    message_held.connect(receive)
    try:
        with override_settings(PAIRCHAT=chosen(SpeaksTheirLanguage)):
            async with ChatCommunicator(people.minji) as page:
                assert (await page.send(room, "hold"))["code"] == "held"
                let_go.set()
                assert await sync_to_async(heard.wait)(60)
    finally:
        let_go.set()
        message_held.disconnect(receive)
