"""``pairchat_reset_epochs``: open pages drop what they hold, once somebody has said yes."""

from __future__ import annotations

import builtins
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from django_pairchat import get_message_model, get_room_model
from django_pairchat.services import open_room, room_object, send
from tests.conftest import People

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("pairchat_reset_epochs", *arguments, stdout=said, no_color=True)
    return said.getvalue()


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(builtins, "input", lambda prompt: text)


def test_without_a_terminal_it_says_what_to_do(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="--no-input"):
        run()


def epochs() -> set[str]:
    return set(get_room_model().objects.values_list("epoch", flat=True))


def test_a_page_that_was_open_is_told_to_start_anew(people: People, room: Any, key: str) -> None:
    send(room, people.minji, "hello")
    room.refresh_from_db()
    held = {"rooms": {key: {"epoch": room.epoch, "rev": room.rev + 7}}}
    run("--no-input")
    client = Client()
    client.force_login(people.juwon)
    response = client.post(reverse("pairchat:api_sync"), held, content_type="application/json")
    (shown,) = response.json()["rooms"]
    assert shown["reset"] is True
    assert [message["content"] for message in shown["changes"]] == ["hello"]


def test_every_room_gets_a_new_epoch_and_keeps_everything_else(people: People, room: Any) -> None:
    open_room(people.minji, people.stranger)
    send(room, people.minji, "hello")
    before = epochs()
    stored = list(get_message_model().objects.values())
    room.refresh_from_db()
    shown = room_object(room, people.minji)
    said = run("--no-input")
    assert "2 conversation(s)" in said
    assert not before & epochs()
    room.refresh_from_db()
    assert list(get_message_model().objects.values()) == stored
    assert room_object(room, people.minji) == {**shown, "epoch": room.epoch}


def test_it_says_what_will_happen_and_does_it_on_yes(monkeypatch: pytest.MonkeyPatch, room: Any) -> None:
    answer(monkeypatch, "yes")
    before = epochs()
    said = run()
    assert "restored from a backup" in said
    assert "Each of the 1 conversation(s)" in said
    assert not before & epochs()


@pytest.mark.parametrize("text", ["", "y", "no", "YES!"])
def test_anything_but_yes_changes_nothing(monkeypatch: pytest.MonkeyPatch, room: Any, text: str) -> None:
    answer(monkeypatch, text)
    before = epochs()
    with pytest.raises(CommandError, match="Nothing was changed"):
        run()
    assert epochs() == before


def test_no_input_asks_nothing(monkeypatch: pytest.MonkeyPatch, room: Any) -> None:
    monkeypatch.delattr(builtins, "input")
    assert "1 conversation(s)" in run("--noinput")
