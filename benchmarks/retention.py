"""Data duties in a large database: what sends notice of a prune beside them, and the memory that an export takes.

``python -m benchmarks.retention`` makes ten million messages in 200 000 rooms in a PostgreSQL database of its own, and
drops it afterwards. Windows of sends alone and of sends with a prune beside them take turns; then one person with
100 000 messages is exported. It needs some gigabytes of disk, and a machine that does nothing else; ``--rooms`` and
``--prune`` make it smaller.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from .__main__ import _postgres, _prepare, _surroundings
from .contenders import PAIRCHAT, Place
from .rows import generate
from .servers import ROOT, serving

DATABASE = "pairchat_retention"
PEOPLE = 20_000
MESSAGES_PER_ROOM = 50
HOURS_BETWEEN_MESSAGES = 10
DAYS = 1095
"""The rooms begin one after the other over so many days, up to now."""
LONG_ROOMS = 100
LONG_ROOM = 1_000
ROOMS_PER_STATEMENT = 10_000
KIB_PER_MIB = 1024
PAIRS = 50
FRAMES_PER_SECOND = 400


@dataclass
class Windows:
    """The slowest hundredth of the sends in each window, and the middle one, in milliseconds."""

    p99: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)

    def add(self, result: dict[str, Any]) -> None:
        self.p99.append(result["latency_p99_ms"])
        self.p50.append(result["latency_p50_ms"])
        self.sends.append(result["answers_per_second"])

    def row(self, name: str) -> str:
        spread = f"{min(self.p99):.1f} … {max(self.p99):.1f}"
        return (
            f"| {name} | {median(self.p50):.1f} ms | {median(self.p99):.1f} ms | {spread} | {median(self.sends):.0f} |"
        )


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        CHILDREN[sys.argv[1]](*sys.argv[2:])
        return
    options = _options()
    environment = {"BENCH_DATABASE": DATABASE}
    print(json.dumps(_surroundings()), flush=True)
    with _postgres(DATABASE):
        places = [Place(**place) for place in _prepare(environment, "places")["places"][: 2 * PAIRS]]
        _child(environment, "make", options.rooms)
        _prune_beside_sends(environment, places, options)
        print(_child(environment, "export", LONG_ROOMS * LONG_ROOM).strip(), flush=True)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks.retention", description=__doc__)
    parser.add_argument("--rooms", type=int, default=200_000, help=f"with {MESSAGES_PER_ROOM} messages each")
    parser.add_argument("--prune", type=int, default=1_000_000, help="messages to be pruned, about")
    parser.add_argument("--seconds", type=float, default=10.0, help="of sends in each window")
    parser.add_argument("--in-flight", type=int, default=10)
    return parser.parse_args()


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "benchmarks.retention", *map(str, arguments)]


def _child(environment: dict[str, str], *arguments: object) -> str:
    return subprocess.run(
        _command(*arguments), env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


# The parent


def _prune_beside_sends(environment: dict[str, str], places: list[Place], options: Any) -> None:
    alone, beside = Windows(), Windows()
    with serving(PAIRCHAT, environment) as servers, _pruning(environment, options) as prune:

        def sends() -> dict[str, Any]:
            frames = int(FRAMES_PER_SECOND * options.seconds)
            seconds, in_flight = options.seconds, options.in_flight
            return dict(generate(PAIRCHAT, servers, places, in_flight=in_flight, seconds=seconds, frames=frames))

        sends()
        messages = rooms = 0
        spent = 0.0
        is_done = False
        while not is_done:
            alone.add(sends())
            # A little longer than the window, which connects its sockets first.
            prune.begin(options.seconds + 4)
            result = sends()
            told = prune.end()
            messages, rooms, spent = messages + told["messages"], rooms + told["rooms"], spent + told["seconds"]
            is_done = told["done"]
            if not is_done:
                beside.add(result)
            print(
                f"{messages} pruned, p99 alone {alone.p99[-1]:.1f} ms, beside {result['latency_p99_ms']:.1f} ms",
                flush=True,
            )
    print(f"{messages} messages in {rooms} rooms were pruned in {spent:.0f} s, with sends beside.")
    print("| | p50 | p99 (median of the windows) | p99 of the windows | sends per second |\n|---|---|---|---|---|")
    print(alone.row("sends alone"))
    print(beside.row("with the prune beside"))
    ratios = [with_prune / without for with_prune, without in zip(beside.p99, alone.p99, strict=False)]
    print(f"p99 beside / alone: {min(ratios):.2f} … {median(ratios):.2f} … {max(ratios):.2f}", flush=True)


class _Pruning:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, seconds: float) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def _pruning(environment: dict[str, str], options: Any) -> Iterator[_Pruning]:
    days = DAYS - DAYS * options.prune / (options.rooms * MESSAGES_PER_ROOM)
    process = subprocess.Popen(
        _command("prune", days),
        env={**os.environ, **environment},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _Pruning(process)
    finally:
        process.terminate()
        process.wait()


# The children


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.site.settings")
    import django

    django.setup()


def _prune(days: str) -> None:
    """Prune for as many seconds as each line of standard input says."""
    _set_up()
    from django.utils import timezone

    from django_pairchat.services import prune

    work = prune(timezone.now() - timedelta(days=float(days)))
    for line in sys.stdin:
        started = time.monotonic()
        messages = rooms = 0
        is_done = False
        while time.monotonic() - started < float(line):
            pruned = next(work, None)
            if pruned is None:
                is_done = True
                break
            messages, rooms = messages + pruned.messages, rooms + 1
        seconds = time.monotonic() - started
        print(json.dumps({"messages": messages, "rooms": rooms, "seconds": seconds, "done": is_done}), flush=True)


def _export(expected: str) -> None:
    _set_up()
    from django.contrib.auth import get_user_model

    from django_pairchat.services import export_person

    person = get_user_model().objects.get(username="exported")
    # One room, so that all is imported and connected.
    next(export_person(person))
    idle = _peak_kib()
    started = time.monotonic()
    size = sum(len(piece) for piece in export_person(person))
    seconds = time.monotonic() - started
    peak = _peak_kib()
    print(
        f"An export of a person with {int(expected):,} messages: {seconds:.0f} s, {size / 1024**2:.1f} MiB of ZIP, "
        f"{peak / KIB_PER_MIB:.0f} MiB at its peak, {(peak - idle) / KIB_PER_MIB:.1f} MiB more than before."
    )


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


CHAT = """
INSERT INTO pairchat_room (
    user1_id, user2_id, pair_key, topic_key, topic_title, topic_url, epoch, head, rev, created_at, last_message_at,
    user1_read, user1_read_shown, user1_cleared, user1_archived, user1_marked_unread, user1_has_unread,
    user1_blocked, user2_read, user2_read_shown, user2_cleared, user2_archived, user2_marked_unread, user2_has_unread,
    user2_blocked)
SELECT {one}, {two}, md5(n::text) || md5('{kind}' || n), '', '{kind} ' || n, '', '1a2b3c4d', {head}, {head}, {at},
    {at} + {head} * interval '{hours} hours', {head}, {head}, 0, false, false, false,
    false, {head}, {head}, 0, false, false, false,
    false
FROM generate_series(0, {count} - 1) n
"""
MESSAGES = """
INSERT INTO pairchat_message (room_id, seq, rev, side, client_id, kind, content, reactions, attachment, created_at)
SELECT room.id, n, n, 1 + n % 2, gen_random_uuid(), 'text',
    'A message of the length that people write when they agree on a place and a time: ' || n, '{{}}', '',
    room.created_at + n * interval '{hours} hours'
FROM (SELECT id, created_at FROM pairchat_room WHERE id BETWEEN {first} AND {last} ORDER BY id) room,
    generate_series(1, {head}) n
ORDER BY room.id, n
"""
PEOPLE_SQL = """
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
SELECT '!', false, CASE n WHEN 0 THEN 'exported' ELSE 'crowd' || n END, '', '', '', false, true, now()
FROM generate_series(0, {count} - 1) n RETURNING id
"""


def _make(rooms: str) -> None:
    _set_up()
    from django.db import connection

    started = time.monotonic()
    count = int(rooms)
    with connection.cursor() as cursor:
        # Nothing here has to outlive a crash.
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(PEOPLE_SQL.format(count=PEOPLE))
        base = min(row[0] for row in cursor.fetchall())
        one, two = f"{base + 1} + n % {PEOPLE - 2}", f"{base + 1} + (n + 1 + n / {PEOPLE - 2}) % {PEOPLE - 2}"
        at = f"now() - interval '{DAYS} days' * (1 - n::float / {count})"
        chat = {"head": MESSAGES_PER_ROOM, "hours": HOURS_BETWEEN_MESSAGES}
        first = _insert(cursor, CHAT.format(one=one, two=two, kind="crowd", at=at, count=count, **chat))
        for start in range(first, first + count, ROOMS_PER_STATEMENT):
            last = min(start + ROOMS_PER_STATEMENT, first + count) - 1
            cursor.execute(MESSAGES.format(first=start, last=last, **chat))
            done = (last - first + 1) * MESSAGES_PER_ROOM
            print(f"{done} messages after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        long = {"head": LONG_ROOM, "hours": 1}
        at = "now() - interval '60 days'"
        two = f"{base + 1} + n"
        first = _insert(cursor, CHAT.format(one=base, two=two, kind="long", at=at, count=LONG_ROOMS, **long))
        cursor.execute(MESSAGES.format(first=first, last=first + LONG_ROOMS - 1, **long))
        cursor.execute("ANALYZE")
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        print(f"made in {time.monotonic() - started:.0f} s: {cursor.fetchone()[0]}", file=sys.stderr, flush=True)


def _insert(cursor: Any, statement: str) -> int:
    """Return the key of the first row."""
    cursor.execute("SELECT coalesce(max(id), 0) FROM pairchat_room")
    before = int(cursor.fetchone()[0])
    cursor.execute(statement)
    cursor.execute("SELECT min(id) FROM pairchat_room WHERE id > %s", [before])
    return int(cursor.fetchone()[0])


CHILDREN = {"make": _make, "prune": _prune, "export": _export}

if __name__ == "__main__":
    main()
