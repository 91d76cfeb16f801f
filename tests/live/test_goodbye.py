"""SIGTERM interrupts the process wherever it is, and what hangs does not keep it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from django_pairchat.live import receivers as calls
from django_pairchat.live import shutdown
from django_pairchat.live import writer as writers
from django_pairchat.live.hub import hub
from django_pairchat.live.receivers import receivers
from django_pairchat.live.shutdown import say_goodbye
from django_pairchat.live.workers import workers
from django_pairchat.live.writer import writer
from django_pairchat.services.drafts import Draft
from tests.conftest import People


def test_the_handler_does_not_wait_for_the_code_that_it_interrupted() -> None:
    said = threading.Event()

    def be_interrupted_among_the_connections() -> None:
        with hub._lock:
            say_goodbye()
        said.set()

    threading.Thread(target=be_interrupted_among_the_connections, daemon=True).start()
    assert said.wait(5)


class Hanging:
    """Something that does not end before it is told to."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.end = self._ended.set

    def __call__(self, *arguments: Any, **options: Any) -> None:
        self._ended.wait(30)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    hanging = Hanging()
    yield hanging
    hanging.end()


async def test_a_database_and_receivers_that_hang_do_not_keep_the_process(
    threads: None, people: People, key: str, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutdown, "WRITING_SECONDS", 0.1)
    monkeypatch.setattr(shutdown, "ENDING_SECONDS", 0.2)
    monkeypatch.setattr(writers, "send_drafts", hanging)
    receivers.call([hanging])
    workers.submit(hanging)
    writer.send(Draft(people.minji, "hello", uuid4(), key=key), lambda outcome: None)
    await asyncio.wait_for(shutdown.on_shutdown(), 10)


HANGS_IN_EVERY_THREAD = """
import threading, django
django.setup()
from django_pairchat.live.receivers import receivers
from django_pairchat.live.workers import workers
from django_pairchat.live import shutdown
shutdown.ENDING_SECONDS = shutdown.WRITING_SECONDS = 0.1
for threads in (workers, receivers):
    threads.submit(threading.Event().wait)
"""


def test_a_server_that_says_nothing_at_its_end_ends_all_the_same() -> None:
    process = subprocess.run([sys.executable, "-c", HANGS_IN_EVERY_THREAD], timeout=60, check=False)
    assert process.returncode == 0


def test_what_receivers_have_not_heard_is_told_before_the_end(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"""
import time, pathlib, django
django.setup()
from django_pairchat.live.receivers import receivers
receivers.call([lambda: time.sleep(0.5), pathlib.Path({str(told)!r}).touch])
"""
    subprocess.run([sys.executable, "-c", script], timeout=60, check=True)
    assert told.exists()


async def test_receivers_that_are_far_behind_miss_calls_and_the_log_says_so(
    threads: None, hanging: Hanging, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calls, "WAITING_LIMIT", 5)
    for _ in range(calls.THREADS):
        receivers.submit(hanging)
    heard: list[int] = []
    for number in range(10):
        receivers.call([partial(heard.append, number)])
    hanging.end()
    for _ in range(calls.THREADS + 1):
        await receivers.run(lambda: None)
    assert sorted(heard) == [0, 1, 2, 3, 4]
    assert caplog.text.count("too slow") == 1
