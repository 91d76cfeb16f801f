"""SIGTERM interrupts the process wherever it is."""

from __future__ import annotations

import threading

from django_pairchat.live.hub import hub
from django_pairchat.live.shutdown import say_goodbye


def test_the_handler_does_not_wait_for_the_code_that_it_interrupted() -> None:
    said = threading.Event()

    def be_interrupted_among_the_connections() -> None:
        with hub._lock:
            say_goodbye()
        said.set()

    threading.Thread(target=be_interrupted_among_the_connections, daemon=True).start()
    assert said.wait(5)
