"""The measurements: one function per row of the table, each giving samples that were taken one after the other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import timeit
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django_pairchat.protocol.content import clean_content
from django_pairchat.protocol.json_reading import read_object
from django_pairchat.protocol.requests import Send, build
from django_pairchat.review import find_contacts

from .contenders import PAIRCHAT, PRIVATE_CHAT2, RELAY, TUTORIAL, Contender, Place
from .servers import GENERATOR_CORE, ROOT, Server, pinned, serving

GENERATOR_LIMIT = 0.6
PAGES = 40


@dataclass
class Bench:
    """What every row needs: environments by name, the places, and how long to measure."""

    environments: dict[str, dict[str, str]]
    data: dict[str, dict[str, Any]]
    seconds: float
    rounds: int
    log: Callable[[str], None]
    forget: Callable[[str], None]

    def places(self, database: str) -> list[Place]:
        return [Place(**place) for place in self.data[database]["places"]]


@dataclass
class Row:
    """Samples of ours and of what it is compared with; ``at_least`` or ``at_most`` is the figure to reach, and each of
    ``conditions`` must hold besides."""

    title: str
    unit: str
    against: str
    at_least: float | None = None
    at_most: float | None = None
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    generator_share: float = 0.0
    conditions: dict[str, bool] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        """Of the rounds in which both gave a sample that means something."""
        return [mine / other for mine, other in zip(self.ours, self.theirs, strict=False) if mine > 0 and other > 0]


def generate(
    contender: Contender, servers: list[Server], places: list[Place], *, in_flight: int, seconds: float, frames: int
) -> dict[str, Any]:
    """Run the load generator on its own core."""
    sockets = [
        {
            "port": servers[index % len(servers)].port,
            "path": contender.path(place),
            "session": place.session,
            "subprotocol": contender.subprotocol,
            "mark": contender.mark(place),
            "frames": [contender.frame(place, number) for number in range(frames)],
        }
        for index, place in enumerate(places)
    ]
    job = {
        "answer": contender.answer,
        "delivery": contender.delivery,
        "greeting": contender.greeting,
        "answers_sender_alone": contender.answers_sender_alone,
        "in_flight": in_flight,
        "seconds": seconds,
        "server_pids": [server.pid for server in servers],
        "sockets": sockets,
    }
    command = pinned(GENERATOR_CORE, sys.executable, "-m", "benchmarks.generator")
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, cwd=ROOT, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The load generator failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    if result.get("ran_dry"):
        raise RuntimeError("The load generator ran out of frames: raise their number.")
    return result


def _throughput(
    bench: Bench, row: Row, other: Contender, key: str, *, database: str, in_flight: int, processes: int = 1
) -> Row:
    """Ours and the other take turns; a pair of samples per round."""
    pairs = 50
    for _ in range(bench.rounds):
        for contender, samples in ((other, row.theirs), (PAIRCHAT, row.ours)):
            bench.forget(database)
            # With one message in flight one socket alone takes all that is sent.
            frames_per_second = 4_000 if in_flight == 1 else 1_600 if contender is RELAY else 400
            with serving(contender, bench.environments[database], processes) as servers:
                result = generate(
                    contender,
                    servers,
                    bench.places(database)[: 2 * pairs],
                    in_flight=in_flight,
                    seconds=bench.seconds,
                    frames=int(frames_per_second * bench.seconds),
                )
            samples.append(result[key])
            row.generator_share = max(row.generator_share, result["generator_cpu_share"])
            bench.log(f"  {contender.name}: {result}")
    return row


def many_in_flight(bench: Bench) -> Row:
    row = Row("Acknowledged and delivered, PostgreSQL, 200 in flight", "deliveries/s", TUTORIAL.name, at_least=20)
    return _throughput(bench, row, TUTORIAL, "deliveries_per_second", database="postgres", in_flight=200)


def some_in_flight(bench: Bench) -> Row:
    row = Row("The same, 50 in flight", "deliveries/s", TUTORIAL.name, at_least=12)
    return _throughput(bench, row, TUTORIAL, "deliveries_per_second", database="postgres", in_flight=50)


def against_package(bench: Bench) -> Row:
    """Messages, not deliveries: it does not send a message to the sender's own sockets."""
    row = Row("Messages acknowledged, PostgreSQL, 200 in flight", "messages/s", PRIVATE_CHAT2.name)
    return _throughput(bench, row, PRIVATE_CHAT2, "answers_per_second", database="postgres", in_flight=200)


def sqlite(bench: Bench) -> Row:
    row = Row("The same on SQLite, 200 in flight", "deliveries/s", TUTORIAL.name, at_least=20)
    return _throughput(bench, row, TUTORIAL, "deliveries_per_second", database="sqlite", in_flight=200)


def against_relay(bench: Bench) -> Row:
    row = Row("Deliveries per second of server processor time", "deliveries/CPU s", RELAY.name, at_least=0.5)
    return _throughput(bench, row, RELAY, "deliveries_per_server_cpu_second", database="postgres", in_flight=200)


def two_processes(bench: Bench) -> Row:
    row = Row("Two processes, every delivery crossing, Redis", "deliveries/s", TUTORIAL.name, at_least=15)
    return _throughput(bench, row, TUTORIAL, "deliveries_per_second", database="redis", in_flight=200, processes=2)


def latency(bench: Bench) -> Row:
    row = Row("Send to receipt, one in flight, p50", "ms", TUTORIAL.name, at_most=0.5)
    return _throughput(bench, row, TUTORIAL, "latency_p50_ms", database="postgres", in_flight=1)


def connects(bench: Bench) -> Row:
    row = Row("Connects with session and origin checked", "connects/s", TUTORIAL.name, at_least=6)
    for _ in range(bench.rounds):
        for contender, samples in ((TUTORIAL, row.theirs), (PAIRCHAT, row.ours)):
            bench.forget("postgres")
            with serving(contender, bench.environments["postgres"]) as servers:
                places = bench.places("postgres")
                # One round to warm up: imports, connections, caches.
                for counted in (False, True):
                    result = generate(contender, servers, places, in_flight=0, seconds=0, frames=0)
                    if counted:
                        samples.append(result["sockets"] / result["connect_seconds"])
            bench.log(f"  {contender.name}: {samples[-1]:.0f}/s")
    return row


def memory(bench: Bench) -> Row:
    row = Row("Memory per idle connection", "KiB", RELAY.name, at_most=1.3)
    for _ in range(bench.rounds):
        for contender, samples in ((RELAY, row.theirs), (PAIRCHAT, row.ours)):
            with serving(contender, bench.environments["postgres"]) as (server,):
                places = bench.places("postgres")
                generate(contender, [server], places[:20], in_flight=0, seconds=0, frames=0)
                time.sleep(1)
                before = server.memory_kib()
                samples.append(memory_of(contender, server, places, before))
            bench.log(f"  {contender.name}: {samples[-1]:.1f} KiB")
    return row


def memory_of(contender: Contender, server: Server, places: list[Place], before: int) -> float:
    spec = [
        {
            "port": server.port,
            "path": contender.path(place),
            "session": place.session,
            "subprotocol": contender.subprotocol,
            "mark": "",
            "frames": [],
        }
        for place in places
    ]
    job = {
        "answer": None,
        "delivery": contender.delivery,
        "greeting": contender.greeting,
        "answers_sender_alone": contender.answers_sender_alone,
        "seconds": 0,
        "idle": 6,
        "sockets": spec,
    }
    command = pinned(GENERATOR_CORE, sys.executable, "-m", "benchmarks.generator")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT) as load:
        assert load.stdin is not None
        load.stdin.write(json.dumps(job))
        load.stdin.close()
        # The last look before the sockets close: by then those who came first have been idle for a while.
        settled = before
        while load.poll() is None:
            seen = server.memory_kib()
            if load.poll() is None:
                settled = seen
            time.sleep(0.2)
    if load.returncode:
        raise RuntimeError("The load generator failed while its sockets were idle.")
    return (settled - before) / len(places)


def long_room(bench: Bench) -> Row:
    row = Row("Opening a room with 100 000 messages against 100", "ms", "the short room", at_most=1.5)
    reading = bench.data["postgres"]["reading"]
    pages = [(f"/chat/api/rooms/{reading[room]}/messages/", reading["reader"]) for room in ("short_room", "long_room")]
    short, long = _read_in_turns(bench, row, *pages)
    row.conditions["equal bytes, the digits of numbers apart"] = short.shape == long.shape
    row.conditions["as many queries"] = short.queries == long.queries
    return row


def large_inbox(bench: Bench) -> Row:
    row = Row("Inbox and unread count with 5 000 rooms against 50", "ms", "the small inbox", at_most=1.3)
    reading = bench.data["postgres"]["reading"]
    pages = [("/chat/api/inbox/", reading[session]) for session in ("calm_session", "busy_session")]
    small, large = _read_in_turns(bench, row, *pages)
    row.conditions["as many queries"] = small.queries == large.queries
    return row


class Page(NamedTuple):
    """``shape``: the size of the answer with every number, UUID and epoch in it taken for equally long."""

    milliseconds: float
    shape: int
    queries: int


Address = tuple[str, str]
"""A path, and the session that asks for it."""


def _read_in_turns(bench: Bench, row: Row, theirs: Address, ours: Address) -> tuple[Page, Page]:
    with serving(PAIRCHAT, bench.environments["postgres"]) as (server,):
        for address in (theirs, ours):
            _fetch(server, *address)
        for _ in range(bench.rounds):
            other, own = _fetch(server, *theirs), _fetch(server, *ours)
            row.theirs.append(other.milliseconds)
            row.ours.append(own.milliseconds)
            bench.log(f"  {other} against {own}")
    return other, own


def _fetch(server: Server, path: str, session: str) -> Page:
    """The median time of a number of requests, and the last answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", headers={"Cookie": f"sessionid={session}"}
    )
    times = []
    for _ in range(PAGES):
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:
            body, queries = answer.read(), int(answer.headers["X-Queries"])
        times.append(1000 * (time.perf_counter() - started))
    shape = len(re.sub(rb"\d+", b"0", re.sub(rb"[0-9a-f]{8}((-[0-9a-f]{4}){3}-[0-9a-f]{12})?", b"0", body)))
    return Page(sorted(times)[len(times) // 2], shape, queries)


CHAT_TEXT = (
    "안녕하세요! 어제 올리신 자전거 아직 판매하시나요? 사진으로 보니까 상태가 아주 좋아 보이네요. "
    "혹시 35,000원에 가능할까요? 저는 강남역 근처에 살아서 내일 오후 3시 30분에 2번 출구에서 뵐 수 있어요. "
    "박스랑 충전기도 같이 주시는 건가요? 이 모델이 2023년에 나온 것 맞죠? 답장 기다릴게요, 좋은 하루 보내세요. "
    "감사합니다! 그리고 영수증도 있으면 부탁드려요 :) 오실 때 문자를 주시면 제가 나갈게요, 그럼 내일 봬요."
)
DETECTOR_LIMIT_MICROSECONDS = 20


def detectors(bench: Bench) -> Row:
    """All detectors on a usual text, in processor time, against reading the frame that brings it."""
    text = CHAT_TEXT[:200]
    key, client_id = "7", "2f7c6a1e-7d33-4c0e-9b52-0a4b6f8d2c11"
    fields = {"type": "send", "id": 1, "room": key, "client_id": client_id, "content": text}
    frame = json.dumps(fields, ensure_ascii=False)
    row = Row("Detectors on a text of 200 characters", "µs", "reading its frame", at_most=4)
    for _ in range(bench.rounds):
        row.theirs.append(_microseconds(lambda: clean_content(build(Send, read_object(frame)).content)))
        row.ours.append(_microseconds(lambda: find_contacts(text, hosts=["shop.example"])))
        bench.log(f"  {row.ours[-1]:.1f} µs against {row.theirs[-1]:.1f} µs")
    median = sorted(row.ours)[len(row.ours) // 2]
    row.conditions[f"at most {DETECTOR_LIMIT_MICROSECONDS} µs"] = median <= DETECTOR_LIMIT_MICROSECONDS
    return row


def _microseconds(call: Callable[[], object], times: int = 2000) -> float:
    return min(timeit.repeat(call, number=times, repeat=5, timer=time.thread_time)) / times * 1_000_000


ROWS: dict[str, Callable[[Bench], Row]] = {
    "many_in_flight": many_in_flight,
    "some_in_flight": some_in_flight,
    "against_package": against_package,
    "sqlite": sqlite,
    "against_relay": against_relay,
    "two_processes": two_processes,
    "connects": connects,
    "memory": memory,
    "long_room": long_room,
    "large_inbox": large_inbox,
    "latency": latency,
    "detectors": detectors,
}

COMPARABLE = (
    "many_in_flight",
    "some_in_flight",
    "sqlite",
    "two_processes",
    "spread",
    "latency",
    "connects",
    "memory",
    "bystander",
    "pages",
)
"""The rows in which this checkout can be compared with an earlier commit, see ``compare.py``."""
