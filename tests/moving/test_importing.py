"""``pairchat_import``, on tables that django-private-chat2 has filled itself, and on those of a tutorial."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django_private_chat2.consumers import ChatConsumer
from django_private_chat2.models import MessageModel

from django_pairchat.services import get_room, history, inbox, send
from tests.conftest import People
from tests.moving.chatapp.models import ChatMessage, ChatRoom

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


@pytest.mark.parametrize("source", ["chatapp.NoSuch", "nonsense", "auth.User"])
def test_another_source_is_refused_by_name(source: str, people: People) -> None:
    with pytest.raises(CommandError, match=source):
        run(source)
