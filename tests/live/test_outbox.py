"""A reader that is too slow is cut, and not collected in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from django_pairchat.live import outbox as outboxes
from django_pairchat.live.outbox import FAR_BEHIND_BYTES, UNSENT_LIMIT_BYTES, Outbox

KIBIBYTE = "x" * 1024
LIMIT = UNSENT_LIMIT_BYTES // len(KIBIBYTE)


class Reader:
    """Takes nothing from a server that waits for it."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()


async def take(message: dict[str, Any]) -> None:
    """What a server does that has room, or does not say that it has none."""


async def test_more_than_a_mebibyte_is_not_kept() -> None:
    reader = Reader()
    outbox = Outbox(reader.send, reader.cut.set)
    for _ in range(LIMIT + 1):
        outbox.put(KIBIBYTE)
    assert not reader.cut.is_set()
    outbox.put(KIBIBYTE)
    assert reader.cut.is_set()


async def test_nothing_waits_longer_than_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "UNSENT_LIMIT_SECONDS", 0.05)
    reader = Reader()
    Outbox(reader.send, reader.cut.set).put(KIBIBYTE)
    await asyncio.wait_for(reader.cut.wait(), 5)


@pytest.mark.parametrize(
    ("silent", "overdue", "mebibytes", "is_cut"),
    [(True, True, 2, True), (True, False, 2, False), (True, True, 1, False), (False, True, 2, False)],
)
async def test_a_client_of_a_silent_server_has_to_ping(
    monkeypatch: pytest.MonkeyPatch, silent: bool, overdue: bool, mebibytes: int, is_cut: bool
) -> None:
    monkeypatch.setattr(outboxes, "UNCONFIRMED_SECONDS", -1.0 if overdue else 60.0)
    reader = Reader()
    outbox = Outbox(take, reader.cut.set, silent=silent)
    for _ in range(mebibytes * LIMIT):
        outbox.put(KIBIBYTE)
    assert reader.cut.is_set() is is_cut


async def test_much_is_fetched_for_a_client_of_a_silent_server_only_when_it_pings() -> None:
    outbox = Outbox(take, Reader().cut.set, silent=True)
    outbox.put("x" * (FAR_BEHIND_BYTES + 1))
    assert outbox.is_far_behind
    waiting = asyncio.create_task(outbox.confirmed())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.confirm()
    await asyncio.wait_for(waiting, 5)
    assert not outbox.is_far_behind
