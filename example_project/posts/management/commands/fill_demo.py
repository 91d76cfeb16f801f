"""`manage.py fill_demo`: three accounts, a board of posts and one long conversation, to look around in."""

import json
import os
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from board_site.environment import EVERY_ADDRESS
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model, services
from django_pairchat.base_models import AbstractRoom
from posts.models import Post

DATA = Path(__file__).resolve().parents[2] / "demo"
PASSWORD = "pairchat-demo"
NAMES = {"minji": "민지", "juwon": "주원", "sora": "소라"}
TOPIC = "회색 이어폰 케이스 주웠어요"
UNREAD_BY_MINJI = 2
WEDNESDAY = 2


class Command(BaseCommand):
    """Fill an empty board; on one that is filled already, change nothing."""

    help = "Fill the board with people, posts and a conversation. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the board will be served; only printed."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"))

    def handle(self, *, host: str, port: str, **options: object) -> None:
        """Fill the board, all of it or nothing."""
        with transaction.atomic():
            users = {username: make_user(username, name) for username, name in NAMES.items()}
            for entry in json.loads((DATA / "posts.json").read_text(encoding="utf-8")):
                make_post(users, entry)
            make_conversation(users["minji"], users["sora"])
        names = ", ".join(users)
        shown = "127.0.0.1" if host in EVERY_ADDRESS else host
        self.stdout.write(f"Open http://{shown}:{port}/ and log in as {names} (password {PASSWORD}).")


def make_user(username: str, name: str) -> User:
    """The account of that name; an existing one stays as it is."""
    known = {"first_name": name, "email": f"{username}@example.com"}
    user, created = User.objects.get_or_create(username=username, defaults=known)
    if created:
        user.set_password(PASSWORD)
        user.save()
    return user


def make_post(users: dict[str, User], entry: dict[str, str | int]) -> None:
    """The post that `entry` describes, unless its author has written it already."""
    Post.objects.get_or_create(
        author=users[entry["author"]],
        title=entry["title"],
        defaults={
            "kind": entry["kind"],
            "thing": entry.get("thing", ""),
            "place": entry["place"],
            "body": entry["body"],
            "created_at": moment(entry["days"], entry["at"]),
        },
    )


def make_conversation(minji: User, sora: User) -> None:
    """The two people's chat about Sora's post, unless they have written to each other already."""
    if get_room_model().objects.between(minji, sora).exists():
        return
    room = services.open_room(minji, sora, topic=sora.posts.get(title=TOPIC))
    key = str(room.pk)
    people = {"m": (minji, sora), "s": (sora, minji)}
    lines = conversation()
    for line in lines:
        writer, reader = people[line.mark]
        message = services.send(room, writer, line.text, reply_to=line.reply_to)
        if line.reaction:
            services.react(reader, key, message.seq, line.reaction)
    services.mark_read(sora, key, len(lines))
    services.mark_read(minji, key, len(lines) - UNREAD_BY_MINJI)
    backdate(room, lines)


@dataclass
class Line:
    """One message of the conversation: who says what and when."""

    mark: str
    text: str
    at: datetime
    reply_to: int | None
    reaction: str = ""


def conversation() -> list[Line]:
    """What conversation.txt holds.

    `@ 8 19:12` sets the day and the clock, `m ` and `s ` begin a message of Minji or Sora, `^4 ` before its
    text answers the fourth message above it, and `+ ` holds the other person's reaction.
    """
    lines: list[Line] = []
    clock = timezone.now()
    for row in (DATA / "conversation.txt").read_text(encoding="utf-8").splitlines():
        mark, _, text = row.partition(" ")
        if mark == "@":
            clock = moment(*text.split())
        elif mark == "+":
            lines[-1].reaction = text
        elif mark:
            text, reply_to = split_reply(text.replace(r"\n", "\n"), following=len(lines) + 1)
            clock += typing_time(text)
            lines.append(Line(mark, text, clock, reply_to))
    return lines


def split_reply(text: str, *, following: int) -> tuple[str, int | None]:
    """The text, and the `seq` it replies to: `^4 yes` as message 12 says "yes" to message 8."""
    if not text.startswith("^"):
        return text, None
    distance, _, text = text.removeprefix("^").partition(" ")
    return text, following - int(distance)


def typing_time(text: str) -> timedelta:
    """How long a person takes to read, think and write this."""
    return timedelta(seconds=9 + 2 * len(text))


def moment(days: int | str, clock: str) -> datetime:
    """That time, so many days before the last Wednesday: the conversation speaks of weekdays."""
    today = timezone.localdate()
    day = today - timedelta(days=(today.weekday() - WEDNESDAY) % 7 + int(days))
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def backdate(room: AbstractRoom, lines: list[Line]) -> None:
    """Move the messages to the days on which people would have written them; no service does this."""
    messages = list(get_message_model().objects.filter(room_id=room.pk))
    for message in messages:
        message.created_at = lines[message.seq - 1].at
    get_message_model().objects.bulk_update(messages, ["created_at"], batch_size=100)
    get_room_model().objects.filter(pk=room.pk).update(last_message_at=lines[-1].at)
