"""The samples of a comparison: each function measures one checkout once, and names what it found."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .contenders import PAIRCHAT, TEXT, Place
from .generator import cpu_of
from .rows import GENERATOR_LIMIT, generate, memory_of
from .servers import GENERATOR_CORE, ROOT, Server, pinned, serving

if TYPE_CHECKING:
    from .compare import Checkout

Found = dict[str, float]
"""Figures by their names, which say the unit. Of ``ms``, ``µs`` and ``KiB`` the smaller is better."""
Sample = Callable[["Checkout", float], Found]

PAIRS = 50
FRAMES_PER_SECOND = 400
"""Frames that a socket has ready for each second of load. With one in flight one socket takes all that is sent."""
FRAMES_PER_SECOND_ALONE = 4_000
PAGES = 60
ROOMS = 20
CSRF_TOKEN = "x" * 32


class Void(Exception):
    """The load generator was measured, not the servers."""


def sends(in_flight: int, *, processes: int = 1, spread: bool = False) -> Sample:
    """Deliveries under load. The two people of a pair are on different processes, or, if ``spread``, on any."""

    def sample(checkout: Checkout, seconds: float) -> Found:
        places = list(checkout.places[: 2 * PAIRS])
        if spread:
            random.Random(1).shuffle(places)
        with serving(PAIRCHAT, checkout.environment, processes, root=checkout.root) as servers:
            result = _load(servers, places, in_flight, seconds)
        return {
            "deliveries per CPU s": result["deliveries_per_server_cpu_second"],
            "deliveries per s": result["deliveries_per_second"],
        }

    return sample


def latency(checkout: Checkout, seconds: float) -> Found:
    """The time from a send to its receipt, one at a time."""
    with serving(PAIRCHAT, checkout.environment, root=checkout.root) as servers:
        result = _load(servers, checkout.places[: 2 * PAIRS], 1, seconds)
    cpu = 2e6 / result["deliveries_per_server_cpu_second"]
    return {"ms, p50": result["latency_p50_ms"], "µs of CPU per message": cpu}


def connects(checkout: Checkout, seconds: float) -> Found:
    """Handshakes with session and origin checked, all at once, after a first round that is not counted."""
    with serving(PAIRCHAT, checkout.environment, root=checkout.root) as servers:
        for _ in range(2):
            before = cpu_of([server.pid for server in servers])
            result = generate(PAIRCHAT, servers, checkout.places, in_flight=0, seconds=0, frames=0)
        spent = cpu_of([server.pid for server in servers]) - before
    return {
        "connects per CPU s": result["sockets"] / max(0.01, spent),
        "connects per s": result["sockets"] / result["connect_seconds"],
    }


def memory(checkout: Checkout, seconds: float) -> Found:
    """What an idle connection takes."""
    with serving(PAIRCHAT, checkout.environment, root=checkout.root) as (server,):
        generate(PAIRCHAT, [server], checkout.places[:20], in_flight=0, seconds=0, frames=0)
        time.sleep(1)
        return {"KiB per connection": memory_of(PAIRCHAT, server, checkout.places, server.memory_kib())}


def bystander(checkout: Checkout, seconds: float) -> Found:
    """What a message costs a process that has many people connected, and none of the two whom it concerns."""
    writing, idle = checkout.places[: 2 * PAIRS], checkout.places[2 * PAIRS :]
    with (
        serving(PAIRCHAT, checkout.environment, 3, root=checkout.root) as (third, *servers),
        _idle(third, idle, seconds + 30),
    ):
        before = cpu_of([third.pid])
        result = _load(servers, writing, 200, seconds)
        spent = cpu_of([third.pid]) - before
    messages = result["answers_per_second"] * seconds
    return {"µs of CPU per message": 1e6 * spent / messages, "messages per s": result["answers_per_second"]}


def pages(checkout: Checkout, seconds: float) -> Found:
    """Processor time of the page of a room with 50 messages, and of a list of 20 rooms."""
    one, other = checkout.places[:2]
    with serving(PAIRCHAT, checkout.environment, root=checkout.root) as (server,):
        if not checkout.has_pages:
            _load([server], [one, other], 1, 1.0)
            for place in checkout.places[2 : 2 * ROOMS : 2]:
                room = _ask(server, one, "rooms/", {"user": place.user})["room"]["room"]
                _ask(server, one, f"rooms/{room}/messages/", {"client_id": str(uuid.uuid4()), "content": TEXT})
            checkout.has_pages = True
        paths = {"room page": f"/chat/rooms/{one.chat_room}/", "list": "/chat/"}
        return {f"ms of CPU, {name}": _page_cpu_ms(server, one, path) for name, path in paths.items()}


def _load(servers: list[Server], places: list[Place], in_flight: int, seconds: float) -> dict[str, Any]:
    per_second = FRAMES_PER_SECOND_ALONE if in_flight == 1 else FRAMES_PER_SECOND
    frames = int(per_second * seconds)
    result = generate(PAIRCHAT, servers, places, in_flight=in_flight, seconds=seconds, frames=frames)
    if result["generator_cpu_share"] > GENERATOR_LIMIT:
        raise Void(f"The load generator used {result['generator_cpu_share']:.2f} of a core, so it was measured.")
    return result


@contextlib.contextmanager
def _idle(server: Server, places: list[Place], seconds: float) -> Iterator[None]:
    """Keep these people connected meanwhile."""
    sockets = [
        {
            "port": server.port,
            "path": PAIRCHAT.path(place),
            "session": place.session,
            "subprotocol": PAIRCHAT.subprotocol,
            "mark": "",
            "frames": [],
        }
        for place in places
    ]
    job = {
        "answer": None,
        "delivery": PAIRCHAT.delivery,
        "greeting": PAIRCHAT.greeting,
        "answers_sender_alone": True,
        "seconds": 0,
        "idle": seconds,
        "sockets": sockets,
    }
    command = pinned(GENERATOR_CORE, sys.executable, "-m", "benchmarks.generator")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT) as load:
        assert load.stdin is not None
        load.stdin.write(json.dumps(job))
        load.stdin.close()
        _wait_until_idle(server)
        yield
        if load.poll() is not None:
            raise RuntimeError("The idle people were disconnected before the measurement was over.")
        load.terminate()


def _wait_until_idle(server: Server) -> None:
    """Return when the server has done nothing for a second, with all of them connected."""
    before = -1.0
    while (now := cpu_of([server.pid])) > before:
        before = now
        time.sleep(1)


def _ask(server: Server, place: Place, path: str, body: dict[str, Any]) -> Any:
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"sessionid={place.session}; csrftoken={CSRF_TOKEN}",
        "X-CSRFToken": CSRF_TOKEN,
    }
    address = f"http://127.0.0.1:{server.port}/chat/api/{path}"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _page_cpu_ms(server: Server, place: Place, path: str) -> float:
    headers = {"Cookie": f"sessionid={place.session}"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)

    def fetch() -> None:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    fetch()
    before = cpu_of([server.pid])
    for _ in range(PAGES):
        fetch()
    return 1000 * (cpu_of([server.pid]) - before) / PAGES
