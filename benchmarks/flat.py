"""``python -m benchmarks.flat``: what much history costs a reader, on the database of ``PAIRCHAT_TEST_DB``.

Each act is done in turn by somebody with little and by somebody with much: a room of a thousand messages and one of a
million, a list of 100 rooms and one of 100 000. What is printed is the time of the large case as a multiple of that of
the small one, for the middle and for the quickest of all rounds. A search in all rooms is not among them: no index has
its order, so it looks at all messages of a person, a second at a time. It makes a database of its own
and deletes it at the end.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple

from .data import own_database

PART = 5_000
NEW_MESSAGES = 100
"""What was written during a day away."""
TEXT = "The same text in every message, so that pages are equally long."
FEW_MESSAGES = 1_000
FEW_ROOMS = 100
LIMIT_RATIO = 1.3


class Reader(NamedTuple):
    """Somebody, a room, the number of its messages, and the number of all rooms of this person."""

    user: Any
    room: Any
    messages: int
    rooms: int


def main() -> None:
    options = _options()
    with own_database() as connection:
        small, large = _fill(options)
        print(f"{connection.vendor}: {large.messages} messages against {small.messages}", end=", ")
        print(f"{large.rooms} rooms against {small.rooms}", flush=True)
        for name, act in _acts().items():
            print(_compared(name, act, small, large, options.rounds), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flat", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rooms", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    return parser.parse_args()


def _acts() -> dict[str, Callable[[Reader], object]]:
    from django_pairchat.dispatch import dispatch
    from django_pairchat.protocol.requests import History, Inbox, Ping, Position, Search, Sync

    def position(reader: Reader, behind: int) -> dict[str, Position]:
        return {str(reader.room.pk): Position(reader.room.epoch, reader.messages - behind)}

    newest = {"before": None, "after": None, "around": None, "limit": 50}
    return {
        "opening a room": lambda it: dispatch(it.user, History(room=str(it.room.pk), **newest)),
        "its middle": lambda it: dispatch(
            it.user, History(room=str(it.room.pk), **{**newest, "around": it.messages // 2})
        ),
        "a search in it": lambda it: dispatch(
            it.user, Search(room=str(it.room.pk), query="equally", before=None, limit=20)
        ),
        "the list": lambda it: dispatch(it.user, Inbox(before=None, limit=20, archived=False, unread=False)),
        "the unread ones": lambda it: dispatch(it.user, Inbox(before=None, limit=20, archived=False, unread=True)),
        "sync after a day away": lambda it: dispatch(it.user, Sync(rooms=position(it, NEW_MESSAGES))),
        "ping": lambda it: dispatch(it.user, Ping(rooms=position(it, 0), inbox=None)),
    }


def _compared(name: str, act: Callable[[Reader], object], small: Reader, large: Reader, rounds: int) -> str:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for reader, taken in zip((small, large), times, strict=True):
            since = time.perf_counter()
            act(reader)
            taken.append((time.perf_counter() - since) * 1000)
    ratios = [measure(times[1]) / measure(times[0]) for measure in (statistics.median, min)]
    over = " (too much)" if min(ratios) > LIMIT_RATIO else ""
    return f"{name}: {statistics.median(times[1]):.1f} ms, {ratios[0]:.2f} x, quickest {ratios[1]:.2f} x{over}"


def _fill(options: argparse.Namespace) -> tuple[Reader, Reader]:
    from django.contrib.auth import get_user_model
    from django.db import connection

    users: Any = get_user_model()._default_manager
    peer = users.create(username="peer")
    small = _reader(users.create(username="small"), peer, FEW_MESSAGES, FEW_ROOMS)
    large = _reader(users.create(username="large"), peer, options.messages, options.rooms)
    with connection.cursor() as cursor:
        tables = ", ".join(f"pairchat_{name}" for name in ("room", "message"))
        cursor.execute(f"ANALYZE TABLE {tables}" if connection.vendor == "mysql" else "ANALYZE")
    return small, large


def _reader(user: Any, peer: Any, messages: int, rooms: int) -> Reader:
    from django_pairchat import get_message_model
    from django_pairchat.services import open_room

    room = open_room(user, peer)
    _store(get_message_model(), _messages(room, messages))
    room.head = room.rev = room.user1_read = room.user2_read = messages
    room.save()
    _many_rooms(user, rooms - 1)
    return Reader(user, room, messages, rooms)


def _messages(room: Any, count: int) -> Iterator[Any]:
    from django.utils import timezone

    from django_pairchat import get_message_model

    model, began = get_message_model(), timezone.now() - timedelta(days=100)
    for seq in range(1, count + 1):
        at = began + timedelta(days=99) * (seq / count)
        yield model(room=room, seq=seq, rev=seq, side=1 + seq % 2, client_id=uuid.uuid4(), content=TEXT, created_at=at)


def _many_rooms(user: Any, count: int) -> None:
    """Rooms of one message each, with as many people, every tenth of them unread."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from django_pairchat import get_message_model, get_room_model
    from django_pairchat.model_parts.pair_key import make_pair_key

    people, now = get_user_model(), timezone.now()
    names = f"peer of {user.username} "
    _store(people, (people(username=f"{names}{number}") for number in range(count)))
    peers = list(people._default_manager.filter(username__startswith=names))

    def room(number: int, peer: Any) -> Any:
        unread = number % 10 == 0
        numbers = {"head": 1, "rev": 1, "user1_read": 0 if unread else 1, "user1_has_unread": unread}
        at = now - timedelta(minutes=number)
        return get_room_model()(
            user1=user, user2=peer, pair_key=make_pair_key(user, peer, None), last_message_at=at, **numbers
        )

    _store(get_room_model(), (room(number, peer) for number, peer in enumerate(peers)))
    of_one_message = get_room_model()._default_manager.filter(user1=user, head=1)
    model = get_message_model()
    _store(
        model,
        (
            model(
                room=each, seq=1, rev=1, side=2, client_id=uuid.uuid4(), content=TEXT, created_at=each.last_message_at
            )
            for each in of_one_message.iterator(PART)
        ),
    )


def _store(model: Any, rows: Iterator[Any]) -> None:
    while part := list(islice(rows, PART)):
        model._default_manager.bulk_create(part)


if __name__ == "__main__":
    main()
