"""What one person sees, as a ZIP file; and the removal of what one person wrote."""

from __future__ import annotations

import io
import json
import random
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from django_pairchat import get_message_model
from django_pairchat.core.access import database
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import NotFound
from django_pairchat.management.commands import pairchat_export
from django_pairchat.model_parts.storage import attachment_storage
from django_pairchat.protocol.json_text import moment
from django_pairchat.protocol.requests import Position, Sync
from django_pairchat.services import (
    add_personal_data,
    anonymise,
    change_preferences,
    change_settings,
    erase_messages,
    export_person,
    get_room,
    open_room,
    personal_data,
    react,
    room_object,
    save_quick_reply,
    send,
    send_once,
    set_legal_hold,
    star,
    store_upload,
)
from tests.conftest import People
from tests.support.listening import listening
from tests.support.people import make_topic
from tests.support.replica import assert_events_explain_snapshot, messages_of

pytestmark = pytest.mark.django_db

LIST = random.Random(1).randbytes(300_000).hex().encode()
"""A text that hardly gets shorter by compression."""


@pytest.fixture(autouse=True)
def _no_other_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "_sources", {})


@pytest.fixture
def talk(room: Any, people: People) -> str:
    """A room in which both wrote, reacted and sent a file, and from which Minji has cleared the first message."""
    key = str(room.pk)
    send(room, people.minji, "the first")
    send(room, people.minji, "hello 안녕")
    send(room, people.juwon, "hi", reply_to=2)
    upload = store_upload(people.juwon, key, SimpleUploadedFile("list.txt", LIST))
    send_once(people.juwon, key, client_id=uuid.uuid4(), content="see", upload=upload.token)
    react(people.minji, key, 3, "👍")
    star(people.minji, key, 3)
    star(people.juwon, key, 2)
    change_settings(people.minji, key, cleared=1)
    return key


def unpacked(pieces: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_person_gets_all_that_the_person_sees(talk: str, people: People) -> None:
    open_room(people.juwon, people.stranger, make_topic())
    found = unpacked(export_person(people.minji))
    room = json.loads(found[f"rooms/{talk}.json"])
    seen = room_object(get_room(people.minji, talk), people.minji)
    assert {name: room["room"][name] for name in seen} == seen
    assert room["starred"] == [3]
    shown = {message["seq"]: message for message in room["messages"]}
    path = shown[4]["attachment"].pop("file")
    assert shown == messages_of(people.minji, talk)
    assert found[path] == LIST
    assert sorted(found) == sorted([f"rooms/{talk}.json", path, "missing.json", "person.json"])


def test_a_room_that_somebody_has_opened_is_known_with_its_first_message(talk: str, people: People) -> None:
    opened = open_room(people.stranger, people.minji)
    assert f"rooms/{opened.pk}.json" not in unpacked(export_person(people.minji))
    assert f"rooms/{opened.pk}.json" in unpacked(export_person(people.stranger))


def test_without_what_the_other_people_wrote(talk: str, people: People) -> None:
    found = unpacked(export_person(people.minji, only_own=True))
    room = json.loads(found[f"rooms/{talk}.json"])
    assert [message["content"] for message in room["messages"]] == ["hello 안녕"]
    assert room["room"]["last_message"] is None, "the other one wrote it"
    assert sorted(found) == ["missing.json", "person.json", f"rooms/{talk}.json"]


def test_a_file_that_is_gone_is_named_and_costs_nothing_else(talk: str, people: People) -> None:
    message = get_message_model().objects.get(room=talk, seq=4)
    attachment_storage().delete(message.attachment.name)
    found = unpacked(export_person(people.juwon))
    assert json.loads(found["missing.json"]) == [f"files/{talk}/4-list.txt"]
    assert len(json.loads(found[f"rooms/{talk}.json"])["messages"]) == 4


def test_it_comes_in_pieces_and_in_parts(talk: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "ROWS_AT_ONCE", 2)
    pieces = list(export_person(people.juwon))
    assert len(pieces) > 3
    assert len(json.loads(unpacked(pieces)[f"rooms/{talk}.json"])["messages"]) == 4


def test_preferences_and_quick_replies_are_in_it(people: People) -> None:
    change_preferences(people.minji, shows_presence=False)
    saved = save_quick_reply(people.minji, "On my way")
    save_quick_reply(people.juwon, "No")
    assert json.loads(unpacked(export_person(people.minji))["person.json"]) == {
        "preferences": {"shows_read_marks": True, "shows_presence": False},
        "quick_replies": [{"text": "On my way", "created_at": moment(saved.created_at)}],
    }


def test_another_app_adds_what_it_has(people: People) -> None:
    add_personal_data("reviews", lambda user: {"key": str(user.pk), "stars": 5})
    found = unpacked(export_person(people.minji))
    assert json.loads(found["reviews.json"]) == {"key": str(people.minji.pk), "stars": 5}


def test_what_a_person_wrote_and_showed_is_removed_for_both(talk: str, people: People) -> None:
    with assert_events_explain_snapshot(people.juwon):
        assert list(erase_messages(people.minji)) == [1, 2, 3]
    shown = messages_of(people.juwon, talk)
    assert [(shown[seq]["content"], shown[seq]["deleted_at"] is None) for seq in shown] == [
        ("", False),
        ("", False),
        ("hi", True),
        ("see", True),
    ]
    assert shown[3]["reactions"] == {}
    assert list(erase_messages(people.minji)) == []


def test_files_of_erased_messages_go(talk: str, people: People, django_capture_on_commit_callbacks: Any) -> None:
    name = get_message_model().objects.get(room=talk, seq=4).attachment.name
    with django_capture_on_commit_callbacks(using=database(), execute=True):
        list(erase_messages(people.juwon))
    assert not attachment_storage().exists(name)


def test_blocked_people_can_erase_too(talk: str, people: People) -> None:
    change_settings(people.juwon, talk, blocked=True)
    assert len(list(erase_messages(people.minji))) == 3


def test_the_commands(talk: str, people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "minji.zip"
    call_command("pairchat_export", str(people.minji.pk), str(file))
    assert f"rooms/{talk}.json" in zipfile.ZipFile(file).namelist()
    with pytest.raises(CommandError, match="File exists"):
        call_command("pairchat_export", str(people.minji.pk), str(file))
    with pytest.raises(CommandError, match="no user with the key"):
        call_command("pairchat_export", "0", str(tmp_path / "nobody.zip"))
    assert not (tmp_path / "nobody.zip").exists()
    call_command("pairchat_erase", str(people.minji.pk), "--no-input", no_color=True)
    assert "3 message(s) and reaction(s)" in capsys.readouterr().out


def test_an_export_that_fails_leaves_no_file(talk: str, people: People, tmp_path: Path) -> None:
    def fail(user: Any) -> Any:
        raise RuntimeError("the other app is broken")

    add_personal_data("broken", fail)
    with pytest.raises(RuntimeError):
        call_command("pairchat_export", str(people.minji.pk), str(tmp_path / "minji.zip"))
    assert list(tmp_path.iterdir()) == []


# Legal hold, and leaving without a trace of who it was


def test_nothing_is_erased_in_a_room_on_legal_hold(
    talk: str, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    about = open_room(people.minji, people.juwon, make_topic())
    send(about, people.minji, "goes")
    set_legal_hold(get_room(people.minji, talk), True)
    before = messages_of(people.juwon, talk)
    call_command("pairchat_erase", str(people.minji.pk), "--no-input")
    said = capsys.readouterr().out
    assert "1 message(s) and reaction(s)" in said
    assert "1 chat(s) on legal hold are left as they are." in said
    assert messages_of(people.juwon, talk) == before
    assert messages_of(people.juwon, str(about.pk))[1]["content"] == ""


def test_a_hold_that_comes_while_it_runs_keeps_the_rest(talk: str, people: People) -> None:
    erasing = erase_messages(people.minji)
    next(erasing)
    set_legal_hold(get_room(people.minji, talk), True)
    list(erasing)
    assert [shown["content"] for shown in messages_of(people.juwon, talk).values()] == ["", "hello 안녕", "hi", "see"]


def test_a_dry_run_only_counts(talk: str, people: People, capsys: pytest.CaptureFixture[str]) -> None:
    before = messages_of(people.juwon, talk)
    call_command("pairchat_erase", str(people.minji.pk), "--dry-run")
    assert "3 message(s) and reaction(s)" in capsys.readouterr().out
    call_command("pairchat_erase", str(people.minji.pk), "--dry-run", "--anonymise")
    assert "would leave 1 chat(s)" in capsys.readouterr().out
    assert messages_of(people.juwon, talk) == before
    assert get_room(people.minji, talk)


def test_a_person_leaves_and_the_others_keep_what_was_written(talk: str, people: People) -> None:
    open_room(people.minji, people.stranger)
    kept = [shown["content"] for shown in messages_of(people.juwon, talk).values()]
    before = room_object(get_room(people.juwon, talk), people.juwon)
    with listening() as heard:
        assert list(anonymise(people.minji)) == [1, 2]
    assert heard.for_user(people.juwon)
    assert heard.for_user(people.minji) == []
    # What the peer's page has names the sender, so it is loaded again.
    position = Position(before["epoch"], before["rev"])
    [answer] = dispatch(people.juwon, Sync(rooms={talk: position})).result["rooms"]
    assert answer["reset"]
    assert [shown["content"] for shown in messages_of(people.juwon, talk).values()] == kept
    shown = room_object(get_room(people.juwon, talk), people.juwon)
    assert (shown["peer"]["user"], shown["can_send"]) == (None, False)
    assert {each["sender"] for each in messages_of(people.juwon, talk).values()} == {None, str(people.juwon.pk)}
    with pytest.raises(NotFound):
        get_room(people.minji, talk)
    assert list(anonymise(people.minji)) == []
    # The pair may begin again.
    assert str(open_room(people.juwon, people.minji).pk) != talk


def test_the_one_who_leaves_last_takes_the_room_along_unless_it_is_held(talk: str, people: People) -> None:
    list(anonymise(people.minji))
    set_legal_hold(get_room(people.juwon, talk), True)
    assert list(anonymise(people.juwon)) == []
    assert get_message_model().objects.filter(room=talk).count() == 4
    set_legal_hold(get_room(people.juwon, talk), False)
    assert list(anonymise(people.juwon)) == [1]
    assert not get_message_model().objects.filter(room=talk).exists()


def test_an_export_shows_that_it_goes_on(
    talk: str, people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairchat_export, "PROGRESS_BYTES", 100_000)
    call_command("pairchat_export", str(people.juwon.pk), str(tmp_path / "juwon.zip"))
    *progress, done = capsys.readouterr().out.splitlines()
    assert progress
    assert all(line.endswith(" bytes …") for line in progress)
    assert done.endswith(f": {(tmp_path / 'juwon.zip').stat().st_size} bytes.")
