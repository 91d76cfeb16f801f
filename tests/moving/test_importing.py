"""``pairchat_import``, on tables that django-private-chat2 has filled itself, and on those of a tutorial."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from django_private_chat2.consumers import ChatConsumer
from django_private_chat2.models import MessageModel

from django_pairchat.services import get_room, history, inbox, send
from tests.conftest import People
from tests.moving.chatapp.models import ChatMessage, ChatRoom, ForwardedMessage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # django-private-chat2 uses what its dependency will change.
    pytest.mark.filterwarnings("ignore:.*soft-deleted:DeprecationWarning"),
]
TEXT, FILE, READ = 3, 4, 6


class OldChat:
    """One person in django-private-chat2: a socket to its consumer, and its page for files."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.socket = WebsocketCommunicator(ChatConsumer.as_asgi(), "/chat_ws")
        self.socket.scope["user"] = user

    async def say(self, peer: Any, text: str) -> None:
        await self._tell(TEXT, text=text, user_pk=str(peer.pk), random_id=-1)

    async def show(self, peer: Any, file_id: str) -> None:
        await self._tell(FILE, file_id=file_id, user_pk=str(peer.pk), random_id=-1)

    async def read(self, peer: Any, key: int) -> None:
        await self._tell(READ, user_pk=str(peer.pk), message_id=key)

    async def _tell(self, kind: int, **fields: Any) -> None:
        await self.socket.send_json_to({"msg_type": kind, **fields})
        # The consumer handles one message after the other: it has answered a wrong one when all before are stored.
        await self.socket.send_json_to({"msg_type": "no such type"})
        while (await self.socket.receive_json_from(timeout=10))["msg_type"] != 7:
            pass


async def written(people: People, file_id: str) -> None:
    minji, juwon = OldChat(people.minji), OldChat(people.juwon)
    for one in (minji, juwon):
        assert (await one.socket.connect())[0]
    await minji.say(people.juwon, "첫 글")
    await juwon.say(people.minji, "an answer")
    await minji.say(people.juwon, "x" * 9000)
    await minji.show(people.juwon, file_id)
    await juwon.say(people.minji, "not yet read")
    await juwon.say(people.minji, "nor this")
    async for message in MessageModel.objects.order_by("pk")[:4]:
        reader, writer = (juwon, people.minji) if message.sender_id == people.minji.pk else (minji, people.juwon)
        await reader.read(writer, message.pk)
    for one in (minji, juwon):
        await one.socket.disconnect()


@pytest.fixture
async def filled(people: People, settings: Any, tmp_path: Any) -> None:
    from asgiref.sync import sync_to_async

    settings.MEDIA_ROOT = tmp_path
    await written(people, await sync_to_async(_uploaded)(people.minji))


def _uploaded(user: Any) -> str:
    client = Client()
    client.force_login(user)
    answer = client.post("/old/upload/", {"file": SimpleUploadedFile("표.csv", b"a,b\n1,2\n", "text/csv")})
    return str(json.loads(answer.content)["id"])


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("pairchat_import", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def the_room(user: Any) -> Any:
    (room,) = inbox(user).rooms
    return room


def texts(user: Any) -> list[str]:
    return [message.content for message in history(user, the_room(user)).messages]


def test_what_was_written_there_is_here_once_in_order_with_its_files(filled: None, people: People) -> None:
    before = list(MessageModel.all_objects.order_by("pk").values())
    for added in (7 + 1, 0):
        assert run("django_private_chat2")[0].startswith(f"added: {added} message(s) of 1 pair(s)")
    assert [len(text) if text.startswith("x") else text for text in texts(people.minji)] == [
        *("첫 글", "an answer", 4000, 4000, 1000, "", "not yet read", "nor this")
    ]
    stored = history(people.juwon, the_room(people.juwon)).messages
    assert [message.created_at for message in stored if not message.content.startswith("x")] == [
        row["created"] for row in before if not row["text"].startswith("x")
    ]
    (file,) = [message for message in stored if message.attachment]
    with file.attachment.open() as kept:
        assert (file.attachment_info["name"], kept.read()) == ("표.csv", b"a,b\n1,2\n")
    assert list(MessageModel.all_objects.order_by("pk").values()) == before


def test_each_has_read_up_to_the_first_that_was_not(filled: None, people: People) -> None:
    run("django_private_chat2")
    assert [get_room(user, the_room(user)).side(user).unread for user in people[:2]] == [2, 0]


def test_what_was_removed_there_is_a_deleted_message_without_its_text(filled: None, people: People) -> None:
    MessageModel.objects.get(text="an answer").delete()
    run("django_private_chat2")
    deleted = history(people.minji, the_room(people.minji)).messages[1]
    assert (deleted.is_deleted, deleted.content, deleted.sender) == (True, "", people.juwon)


def test_a_pair_that_has_written_here_since_is_left_as_it_is(filled: None, people: People) -> None:
    run("django_private_chat2")
    send(the_room(people.minji), people.minji, "in the new chat")
    assert run("django_private_chat2")[0].startswith("added: 0 ")
    MessageModel.objects.create(sender=people.minji, recipient=people.juwon, text="late, and before the next")
    send(the_room(people.minji), people.juwon, "after it")
    expected = texts(people.minji)
    with pytest.raises(CommandError, match="1 pair"):
        run("django_private_chat2")
    assert texts(people.minji) == expected


def test_a_dry_run_counts_and_adds_nothing(filled: None, people: People) -> None:
    assert run("django_private_chat2", "--dry-run")[0].startswith("there are: 6 message(s) of 1 pair(s)")
    assert not list(inbox(people.minji).rooms)


@pytest.fixture
def tutorial(people: People) -> None:
    """Two rooms of the same pair, one of a person with themselves, and letters that nobody can see."""
    minji, juwon, _ = people
    first = ChatRoom.objects.create(user1=minji, user2=juwon)
    second = ChatRoom.objects.create(user1=juwon, user2=minji)
    alone = ChatRoom.objects.create(user1=minji, user2=minji)
    for room, sender, text in (
        (first, minji, "one"),
        (second, juwon, "two"),
        (first, juwon, "three"),
        (first, minji, "\u200b"),
        (alone, minji, "a note"),
    ):
        ChatMessage.objects.create(room_id=room, sender=sender, content=text)


def test_the_rooms_of_a_pair_become_one(tutorial: None, people: People) -> None:
    out, err = run("chatapp.ChatMessage")
    assert out.startswith("added: 3 message(s) of 1 pair(s)")
    assert texts(people.juwon) == ["one", "two", "three"]
    assert get_room(people.juwon, the_room(people.juwon)).side(people.juwon).unread == 0
    assert "with themselves" in err
    assert "a text: empty" in err
    assert run("chatapp.ChatMessage")[0].startswith("added: 0 ")


def test_what_nobody_of_the_two_has_written_is_left_out_and_named(tutorial: None, people: People) -> None:
    room = ChatRoom.objects.earliest("pk")
    strange = [
        ChatMessage.objects.create(room_id=room, sender=sender, content="?").pk for sender in (None, people.stranger)
    ]
    ChatMessage.objects.create(room_id=room, sender=people.juwon, content="four")
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match=r"0 pair.* 2 single message"):
        call_command("pairchat_import", "chatapp.ChatMessage", stdout=out, stderr=err)
    assert texts(people.juwon) == ["one", "two", "three", "four"]
    assert [line.split(":")[0] for line in err.getvalue().splitlines() if line.startswith("message ")] == [
        f"message {key}" for key in strange
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite, where a reader's cursor keeps its writes out")
def test_somebody_else_writes_to_the_sqlite_file_meanwhile(people: People) -> None:
    """With a cursor open, SQLite would refuse to write on what it had read before the other one wrote."""
    room = ChatRoom.objects.create(user1=people.minji, user2=people.juwon)
    ChatMessage.objects.bulk_create(ChatMessage(room_id=room, sender=people.minji, content=str(n)) for n in range(1001))
    file = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)

        def written_before(execute: Any, sql: str, *rest: Any) -> Any:
            if sql.startswith("BEGIN"):
                other.execute("UPDATE auth_user SET last_name = last_name || 'x'")
            return execute(sql, *rest)

        try:
            with connection.execute_wrapper(written_before):
                assert run("chatapp.ChatMessage")[0].startswith("added: 1001 ")
        finally:
            connections.close_all()
            other.execute("PRAGMA journal_mode = DELETE")


def test_many_pairs_and_messages_of_one_moment_are_all_read(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.management.past_chats.ROWS_AT_ONCE", 2)
    moment = timezone.now()
    for pair in (people[:2], people[1:], people[::2]):
        room = ChatRoom.objects.create(user1=pair[0], user2=pair[1])
        for number in range(5):
            ChatMessage.objects.create(room_id=room, sender=pair[number % 2], content=str(number))
    ChatMessage.objects.update(timestamp=moment)
    assert run("chatapp.ChatMessage")[0].startswith("added: 15 message(s) of 3 pair(s)")
    assert [
        [message.content for message in history(people.minji, room).messages] for room in inbox(people.minji).rooms
    ] == [list("01234")] * 2


def test_of_two_foreign_keys_to_a_room_one_is_chosen(people: People) -> None:
    origin = ChatRoom.objects.create(user1=people.minji, user2=people.stranger)
    room = ChatRoom.objects.create(user1=people.minji, user2=people.juwon)
    ForwardedMessage.objects.create(origin=origin, room=room, sender=people.minji, content="look")
    with pytest.raises(CommandError, match="--room origin or --room room"):
        run("chatapp.ForwardedMessage")
    assert run("chatapp.ForwardedMessage", "--room", "room")[0].startswith("added: 1 ")
    assert texts(people.juwon) == ["look"]


@pytest.mark.django_db(transaction=True, databases=["default", "old"])
def test_people_of_another_database_are_found_by_what_the_command_was_told(tutorial: None, people: People) -> None:
    one, other = (User.objects.using("old").create(username=user.username) for user in (people.juwon, people.minji))
    room = ChatRoom.objects.using("old").create(user1=one, user2=other)
    ChatMessage.objects.using("old").create(room_id=room, sender=one, content="from there")
    arguments = ("chatapp.ChatMessage", "--database", "old")
    with pytest.raises(CommandError, match="--people-by"):
        run(*arguments)
    with pytest.raises(CommandError, match="no unique field"):
        run(*arguments, "--people-by", "last_name")
    assert run(*arguments, "--people-by", "username")[0].startswith("added: 1 ")
    (message,) = history(people.minji, the_room(people.minji)).messages
    assert (message.content, message.sender) == ("from there", people.juwon)
    people.juwon.delete()
    ChatMessage.objects.using("old").create(room_id=room, sender=one, content="late")
    with pytest.raises(CommandError, match="1 pair"):
        run(*arguments, "--people-by", "username")


@pytest.mark.parametrize("source", ["chatapp.NoSuch", "nonsense", "auth.User"])
def test_another_source_is_refused_by_name(source: str, people: People) -> None:
    with pytest.raises(CommandError, match=source):
        run(source)
