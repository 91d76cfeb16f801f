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

from django_pairchat.realtime import shutdown
from django_pairchat.realtime import signal_dispatch as calls
from django_pairchat.realtime.hub import hub
from django_pairchat.realtime.shutdown import close_all
from django_pairchat.realtime.signal_dispatch import signal_dispatcher
from django_pairchat.sending import group_commit as writers
from django_pairchat.sending.group_commit import group_committer
from django_pairchat.sending.types import PendingMessage
from django_pairchat.utils.thread_pool import thread_pool
from tests.conftest import People
from tests.support.options import SetOptions


def test_the_handler_does_not_wait_for_the_code_that_it_interrupted() -> None:
    said = threading.Event()

    def be_interrupted_among_the_connections() -> None:
        with hub()._lock:
            close_all()
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


@pytest.mark.usefixtures("threads")
async def test_a_database_and_receivers_that_hang_do_not_keep_the_process(
    people: People, key: str, hanging: Hanging, monkeypatch: pytest.MonkeyPatch, options: SetOptions
) -> None:
    options(ending_writes_seconds=0.1, ending_seconds=0.2)
    monkeypatch.setattr(writers, "store", hanging)
    signal_dispatcher().call([hanging])
    thread_pool().submit(hanging)
    group_committer().send(PendingMessage(people.minji, "hello", uuid4(), key=key), lambda outcome: None)
    await asyncio.wait_for(shutdown.on_shutdown(), 10)


HANGS_IN_EVERY_THREAD = """
import threading, django
django.setup()
from django_pairchat.realtime.signal_dispatch import signal_dispatcher
from django_pairchat.utils.thread_pool import thread_pool
from django_pairchat.node import NodeOptions, get_node
get_node().options = NodeOptions(ending_seconds=0.1, ending_writes_seconds=0.1)
for threads in (thread_pool, signal_dispatcher):
    threads().submit(threading.Event().wait)
"""


def test_a_server_that_says_nothing_at_its_end_ends_all_the_same() -> None:
    process = subprocess.run([sys.executable, "-c", HANGS_IN_EVERY_THREAD], timeout=60, check=False)
    assert process.returncode == 0


def test_what_receivers_have_not_heard_is_told_before_the_end(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"""
import time, pathlib, django
django.setup()
from django_pairchat.realtime.signal_dispatch import signal_dispatcher
signal_dispatcher().call([lambda: time.sleep(0.5), pathlib.Path({str(told)!r}).touch])
"""
    subprocess.run([sys.executable, "-c", script], timeout=60, check=True)
    assert told.exists()


NAMED_SERVER = """
import asyncio, json, time, uuid, django
from django.conf import settings
django.setup()
from django_pairchat.core import events
from django_pairchat.node import NodeOptions, get_node
from django_pairchat.realtime.relay import relay
from django_pairchat.sending.group_commit import group_committer
from django_pairchat.sending.types import PendingMessage

class NamedServerLayer:
    async def new_channel(self, prefix):
        return prefix

    async def group_add(self, group, channel):
        pass

    group_discard = group_add

    async def receive(self, channel):
        await asyncio.Event().wait()

    async def group_send(self, group, message):
        # Done in an executor of the standard library.
        await asyncio.get_running_loop().getaddrinfo("localhost", 6379)
        if json.loads(message["body"])[2]:
            print("published")

settings.CHANNEL_LAYERS = {"default": {"BACKEND": "__main__.NamedServerLayer"}}
# On a busy machine the first answer may take its time.
get_node().options = NodeOptions(relay_publish_seconds=20, ending_writes_seconds=20)
"""

A_SERVER_WRITES_AT_ITS_END = """
def write_slowly(batch):
    time.sleep(0.3)
    events.publish([events.RoomChanged("1", ("1",))])

async def send():
    # As each connection does.
    relay().listen()
    group_committer().send(PendingMessage(None, "hello", uuid.uuid4(), "1"), print)

group_committer()._write = write_slowly
asyncio.run(send())
"""

A_COMMAND_WRITES_AT_ITS_END = """
events.publish([events.RoomChanged("1", ("1",))])
"""


@pytest.mark.parametrize("ending", [A_SERVER_WRITES_AT_ITS_END, A_COMMAND_WRITES_AT_ITS_END], ids=["server", "command"])
def test_what_is_written_at_the_very_end_is_published_although_the_layers_server_has_a_name(ending: str) -> None:
    command = [sys.executable, "-c", NAMED_SERVER + ending]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert process.stdout == "published\n", process.stderr


async def test_receivers_that_are_far_behind_miss_calls_and_the_log_says_so(
    threads: None, hanging: Hanging, options: SetOptions, caplog: pytest.LogCaptureFixture
) -> None:
    options(receivers_limit=5)
    for _ in range(calls.THREADS):
        signal_dispatcher().submit(hanging)
    heard: list[int] = []
    for number in range(10):
        signal_dispatcher().call([partial(heard.append, number)])
    hanging.end()
    for _ in range(calls.THREADS + 1):
        await signal_dispatcher().run(lambda: None)
    assert sorted(heard) == [0, 1, 2, 3, 4]
    assert caplog.text.count("too slow") == 1
