"""``run_inline()``: chat inside a test's transaction, which is rolled back at its end."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic
from django.test import TestCase, override_settings

from django_pairchat import get_message_model
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.realtime.room_updates import room_updates
from django_pairchat.sending.group_commit import group_committer
from django_pairchat.services import amark_read, asend, open_room, send
from django_pairchat.signals import message_edited, message_sent
from django_pairchat.testing import ChatCommunicator, run_inline, stop_live_threads
from django_pairchat.utils.event_loop_thread import event_loop_thread
from django_pairchat.utils.thread_pool import proof_pool, search_pool, thread_pool
from tests.support.people import make_user


class InlineTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.minji = make_user("Minji")
        cls.juwon = make_user("Juwon")
        cls.room = open_room(cls.minji, cls.juwon)

    async def test_what_one_page_sends_another_gets_and_the_test_finds_in_the_database(self) -> None:
        with run_inline():
            async with ChatCommunicator(self.minji) as page, ChatCommunicator(self.juwon) as other:
                answer = await page.send(self.room, "hello")
                event = await other.event("message")
                shown = await other.event("room")
        assert answer["type"] == "ok"
        assert event["message"] == answer["message"]
        assert shown["room"]["unread"] == 1
        message = await get_message_model().objects.aget()
        assert (message.content, message.seq) == ("hello", 1)

    async def test_messages_of_one_page_keep_their_order(self) -> None:
        texts = [f"message {number}" for number in range(5)]
        with run_inline():
            async with ChatCommunicator(self.minji) as page:
                for number, text in enumerate(texts):
                    client_id = f"00000000-0000-4000-8000-{number:012}"
                    await page.send_text(
                        f'{{"type": "send", "id": {number + 100}, "room": "{self.room.pk}", '
                        f'"client_id": "{client_id}", "content": "{text}"}}'
                    )
                for _ in texts:
                    await page.event("message")
        stored = [message.content async for message in get_message_model().objects.order_by("seq")]
        assert stored == texts

    async def test_a_page_sees_what_the_test_does_in_python(self) -> None:
        with run_inline():
            async with ChatCommunicator(self.juwon) as page:
                message = await asend(self.room, self.minji, "hello")
                event = await page.event("message")
                assert event["message"]["content"] == "hello"
                await page.event("room")
                await amark_read(self.juwon, str(self.room.pk), message.seq)
                shown = await page.event("room")
                assert shown["room"]["unread"] == 0

    async def test_a_refusal_reaches_the_page(self) -> None:
        with run_inline():
            async with ChatCommunicator(await sync_to_async(make_user)("Sora")) as page:
                answer = await page.send(self.room, "hello")
        assert (answer["type"], answer["code"]) == ("error", "not_found")

    async def test_what_is_rolled_back_was_never_said(self) -> None:
        with run_inline():
            async with ChatCommunicator(self.juwon) as page:
                await sync_to_async(self._send_and_regret)()
                assert await page.events() == []

    def _send_and_regret(self) -> None:
        with transaction.atomic():
            send(self.room, self.minji, "regretted")
            transaction.set_rollback(True)

    def test_what_waits_for_the_commit_happens_at_the_end_of_the_outermost_block(self) -> None:
        done: list[str] = []
        with run_inline():
            with transaction.atomic():
                with transaction.atomic():
                    transaction.on_commit(partial(done.append, "inner"))
                assert done == []
                transaction.on_commit(partial(done.append, "outer"))
            assert done == ["inner", "outer"]
            transaction.on_commit(partial(done.append, "outside"))
            assert done == ["inner", "outer", "outside"]
            with transaction.atomic():
                pass
        assert done == ["inner", "outer", "outside"]

    def test_a_robust_hook_that_fails_is_logged_and_another_one_raises(self) -> None:
        def fail() -> None:
            raise LookupError

        with run_inline():
            with self.assertLogs("django_pairchat", "ERROR"), transaction.atomic():
                transaction.on_commit(fail, robust=True)
            with self.assertRaises(LookupError), transaction.atomic():  # noqa: PT027 - a unittest class
                transaction.on_commit(fail)

    def test_what_waits_in_a_block_that_fails_never_happens(self) -> None:
        done: list[str] = []
        with run_inline():
            for savepoint in (True, False):
                with suppress(LookupError), transaction.atomic(savepoint=savepoint):
                    transaction.on_commit(partial(done.append, "failed"))
                    raise LookupError
        transaction.set_rollback(False)
        assert done == []

    def test_without_it_nothing_that_waits_for_the_commit_happens(self) -> None:
        done: list[str] = []
        with transaction.atomic():
            transaction.on_commit(partial(done.append, "outer"))
        assert done == []

    async def test_receivers_may_use_the_database(self) -> None:
        counts: list[int] = []

        def count(sender: Any, **payload: Any) -> None:
            counts.append(get_message_model().objects.filter(content="hello, all").count())

        for signal in (message_sent, message_edited):
            signal.connect(count)
            self.addCleanup(signal.disconnect, count)
        with run_inline():
            async with ChatCommunicator(self.minji) as page:
                sent = (await page.send(self.room, "hello"))["message"]
                await page.request("edit", room=sent["room"], seq=sent["seq"], content="hello, all")
        assert counts == [0, 1]

    @override_settings(PAIRCHAT={"SEND_BURST": 1, "SENDS_PER_MINUTE": 1})
    async def test_limits_hold_and_begin_anew_with_each_block(self) -> None:
        for _ in range(2):
            with run_inline():
                async with ChatCommunicator(self.minji) as page:
                    assert (await page.send(self.room, "first"))["type"] == "ok"
                    assert (await page.send(self.room, "second"))["code"] == "rate_limited"

    def test_everything_is_as_before_at_the_end(self) -> None:
        def replaced() -> list[object]:
            parts = [
                part() for part in (thread_pool, search_pool, proof_pool, group_committer, room_updates, rate_limiter)
            ]
            return [*parts, Atomic.__exit__, BaseDatabaseWrapper.on_commit]

        before = replaced()
        with run_inline():
            assert not set(before) & set(replaced())
        assert replaced() == before

    def test_what_it_started_is_there_to_be_ended(self) -> None:
        with run_inline():
            thread = event_loop_thread()
            thread.loop()
        assert event_loop_thread() is thread
        stop_live_threads()
        assert not thread.is_running
