"""What the measurements need in the database: pairs of people with sessions, and rooms of all sizes.

Run as a process of its own, with the settings' environment and the names of the parts wanted; prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

PAIRS = 500
LONG_ROOM = 100_000
SHORT_ROOM = 100
MANY_ROOMS = 5_000
FEW_ROOMS = 50


@contextmanager
def own_database() -> Iterator[Any]:
    """Set Django up for a database made by ``PAIRCHAT_TEST_DB``, deleted at the end, and yield its connection."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings.default"
    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield connection
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.site.settings")
    import django

    django.setup()
    from django.core.management import call_command

    # The tutorial's tables have no migrations, and refer to tables that do.
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    made = {part: PARTS[part]() for part in sys.argv[1:]}
    _count_rows()
    print(json.dumps(made))


def _count_rows() -> None:
    """As the database does by itself, but only some time after so much has been written at once."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _person(name: str):
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore

    user = get_user_model()(username=name)
    user.set_unusable_password()
    user.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return user, session.session_key


def places() -> list[dict[str, str]]:
    """Two sockets for each pair."""
    from benchmarks.site.tutorial.models import ChatRoom
    from django_pairchat.services import open_room

    found = []
    for number in range(PAIRS):
        people = [_person(f"pair{number}-{side}") for side in (1, 2)]
        (one, _), (two, _) = people
        rooms = {"chat_room": str(open_room(one, two).pk)}
        rooms["tutorial_room"] = str(ChatRoom.objects.create(user1=one, user2=two).pk)
        for (user, session), (peer, _) in (people, people[::-1]):
            found.append({"session": session, "user": str(user.pk), "peer": str(peer.pk), **rooms})
    return found


def reading() -> dict[str, str]:
    """Sessions and rooms for the measurements of reading."""
    reader, reader_session = _person("reader")
    peer, _ = _person("reader-peer")
    busy, busy_session = _person("busy")
    calm, calm_session = _person("calm")
    others = [_person(f"other{number}")[0] for number in range(FEW_ROOMS)]
    return {
        "reader": reader_session,
        "short_room": _room_with_messages(reader, peer, others[0], SHORT_ROOM),
        "long_room": _room_with_messages(reader, peer, others[1], LONG_ROOM),
        "busy": _inbox_of(busy, others, MANY_ROOMS),
        "busy_session": busy_session,
        "calm": _inbox_of(calm, others, FEW_ROOMS),
        "calm_session": calm_session,
    }


def _room_with_messages(one, two, topic, count: int) -> str:
    """Of two messages in three lines each: what is compared is the length of the history only."""
    from django.utils import timezone

    from django_pairchat import get_message_model
    from django_pairchat.services import open_room

    room = open_room(one, two, topic)
    model, now = get_message_model(), timezone.now()
    model.objects.bulk_create(
        (
            model(
                room=room,
                seq=seq,
                rev=seq,
                side=1 + seq % 2,
                client_id=uuid.uuid4(),
                content="The same text in every message, so that pages are equally long.",
                created_at=now - timedelta(minutes=1),
            )
            for seq in range(1, count + 1)
        ),
        batch_size=5_000,
    )
    room.head = room.rev = room.user1_read = room.user2_read = count
    room.save()
    return str(room.pk)


def _inbox_of(user, others, count: int) -> str:
    """Rooms with a message each, every tenth of them unread."""
    from django.contrib.auth import get_user_model

    from django_pairchat.services import open_room, send

    topics = list(get_user_model().objects.order_by("pk")[: -(-count // len(others))])
    for number in range(count):
        peer, topic = others[number % len(others)], topics[number // len(others)]
        room = open_room(user, peer, topic)
        send(room, peer if number % 10 == 0 else user, "Hello")
    return str(count)


PARTS = {"places": places, "reading": reading}

if __name__ == "__main__":
    main()
