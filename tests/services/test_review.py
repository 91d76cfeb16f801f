"""The policy's review of texts: what is warned about, masked, rejected, and what waits for a decision."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from django_pairchat import get_message_model
from django_pairchat.core.restrictions import restrictions
from django_pairchat.dispatch import dispatch
from django_pairchat.exceptions import (
    CannotSend,
    Conflict,
    Held,
    NotFound,
    RateLimited,
    Rejected,
    Suspended,
    error_text,
)
from django_pairchat.model_parts.storage import attachment_storage
from django_pairchat.moderation.services import suspend
from django_pairchat.policy import Policy
from django_pairchat.protocol.requests import Edit, React, Send
from django_pairchat.services import (
    anonymise,
    change_settings,
    delete_empty_rooms,
    delete_orphans,
    edit,
    erase_messages,
    export_person,
    get_room,
    history,
    react,
    refuse_held,
    release_held,
    room_object,
    search,
    send,
    send_once,
    send_with_file,
    send_with_files,
    store_upload,
    withdraw_held,
)
from django_pairchat.signals import message_held, message_refused, message_sent
from django_pairchat.utils.instruments import Instrument, add_instrument, remove_instrument
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import received
from tests.support.policies import Reviews, chosen
from tests.support.replica import assert_events_explain_snapshot


@pytest.fixture(autouse=True)
def reviews(settings: Any) -> Iterator[list[str]]:
    settings.PAIRCHAT = chosen(Reviews)
    Reviews.asked.clear()
    yield Reviews.asked
    Reviews.asked.clear()


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def all_held() -> list[Any]:
    return list(apps.get_model("pairchat_held", "HeldMessage").objects.order_by("pk"))


def stored() -> list[str]:
    return list(get_message_model().objects.order_by("seq").values_list("content", flat=True))


def held_of(user: Any, key: str) -> list[tuple[str, str | None]]:
    return [(each["content"], each["refused"]) for each in room_object(key, user).get("held", [])]


def hold(user: Any, key: str, text: str = "hold this", client_id: uuid.UUID | None = None) -> uuid.UUID:
    client_id = client_id or uuid.uuid4()
    with pytest.raises(Held):
        send_once(user, key, client_id=client_id, content=text)
    return client_id


# Warn, mask, reject


def test_a_warning_is_in_the_senders_answer_only(key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        request = Send(room=key, client_id=uuid.uuid4(), content="warn me")
        answer = dispatch(people.minji, request).result
    assert answer["notice"] == "Careful: warn me"
    assert answer["message"]["content"] == "warn me"
    assert "Careful" not in json.dumps(heard.events(people.juwon))


def test_the_hosts_own_send_has_the_notice_too(room: Any, people: People) -> None:
    assert send(room, people.minji, "warn me").pairchat_notice == "Careful: warn me"
    assert send(room, people.minji, "hello").pairchat_notice == ""


def test_what_is_masked_is_never_stored(key: str, people: People) -> None:
    answer = dispatch(people.minji, Send(room=key, client_id=uuid.uuid4(), content="mask 010 1234")).result
    assert (answer["message"]["content"], answer["notice"]) == ("mask ••• ••••", "A part was removed.")
    assert stored() == ["mask ••• ••••"]
    assert search(people.juwon, "1234").messages == []


def test_a_rejected_text_has_the_policys_reason(key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard, pytest.raises(Rejected) as refused:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="reject me")
    assert error_text(refused.value) == "Please write something else."
    assert (heard.changes, stored()) == ([], [])


def test_edits_are_reviewed(key: str, people: People) -> None:
    message = send(key, people.minji, "hello")
    answer = dispatch(people.minji, Edit(key, message.seq, "warn me")).result
    assert (answer["message"]["content"], answer["notice"]) == ("warn me", "Careful: warn me")
    assert edit(people.minji, key, message, "mask 1234").content == "mask ••••"
    rev = get_room(people.minji, key).rev
    assert edit(people.minji, key, message, "mask 1234").rev == rev
    for text in ("hold this", "reject this"):
        with pytest.raises(Rejected):
            edit(people.minji, key, message, text)
    assert (stored(), all_held()) == (["mask ••••"], [])


def test_reactions_are_reviewed(key: str, people: People) -> None:
    message = send(key, people.minji, "hello")
    answer = dispatch(people.juwon, React(key, message.seq, "😮")).result
    assert (answer["notice"], answer["message"]["reactions"]) == ("Careful: 😮", {str(people.juwon.pk): "😮"})
    for emoji in ("🙏", "😢"):
        with pytest.raises(Rejected):
            react(people.juwon, key, message, emoji)
    assert react(people.juwon, key, message, None).reactions == {}


def test_captions_are_reviewed_and_empty_ones_are_not(
    key: str, people: People, media: Path, reviews: list[str]
) -> None:
    file = SimpleUploadedFile("note.txt", b"hello")
    sent = send_with_file(people.minji, key, client_id=uuid.uuid4(), content="mask 1234", file=file)
    assert sent.message.content == "mask ••••"
    send_with_file(
        people.minji, key, client_id=uuid.uuid4(), content="", file=SimpleUploadedFile("other.txt", b"hello")
    )
    assert reviews == ["mask 1234"]


def test_messages_of_the_system_are_not_reviewed(room: Any, reviews: list[str]) -> None:
    assert send(room, None, "hold this", kind="system").content == "hold this"
    assert reviews == []


def test_a_verdict_of_no_kind_is_the_hosts_mistake(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reviews, "review", lambda self, user, room, content: None)
    with pytest.raises(TypeError, match=r"Reviews.review\(\) returned None"):
        send(key, people.minji, "hello")
    assert stored() == []


# Repetition


@pytest.mark.parametrize("text", ["hello", "warn me", "mask 010 1234"])
def test_what_is_stored_is_not_asked_about_again(key: str, people: People, reviews: list[str], text: str) -> None:
    client_id = uuid.uuid4()
    first = send_once(people.minji, key, client_id=client_id, content=text)
    again = send_once(people.minji, key, client_id=client_id, content=text)
    assert (again.duplicate, again.seq, again.message.content) == (True, first.seq, first.message.content)
    assert reviews == [text]


def test_another_text_with_the_id_of_a_masked_one_is_a_conflict(key: str, people: People) -> None:
    client_id = uuid.uuid4()
    send_once(people.minji, key, client_id=client_id, content="mask 010 1234")
    for other in ("mask 010-1234", "mast 010 1234", "mask 010 12345"):
        with pytest.raises(Conflict):
            send_once(people.minji, key, client_id=client_id, content=other)


def test_a_held_message_is_held_once(key: str, people: People, reviews: list[str]) -> None:
    client_id = hold(people.minji, key)
    hold(people.minji, key, client_id=client_id)
    assert (len(all_held()), reviews) == (1, ["hold this"])
    with pytest.raises(Conflict):
        send_once(people.minji, key, client_id=client_id, content="hold that")


@pytest.mark.parametrize(
    "other", [{"kind": "offer"}, {"kind": "offer", "data": {"price": 2}}], ids=["another kind", "other data"]
)
def test_something_else_with_the_id_of_a_held_one_is_a_conflict(
    room: Any, people: People, other: dict[str, Any]
) -> None:
    client_id = uuid.uuid4()
    first = {"kind": other["kind"], "data": {"price": 1}} if "data" in other else {}
    with pytest.raises(Held):
        send(room, people.minji, "hold this", client_id=client_id, **first)
    with pytest.raises(Conflict):
        send(room, people.minji, "hold this", client_id=client_id, **other)
    with pytest.raises(Held):
        send(room, people.minji, "hold this", client_id=client_id, **first)


def test_another_file_with_the_id_of_a_held_one_is_a_conflict(key: str, people: People, media: Path) -> None:
    client_id = uuid.uuid4()
    first, second = (
        store_upload(people.minji, key, SimpleUploadedFile(f"{number}.txt", b"hello")).token for number in range(2)
    )
    for token, error in ((first, Held), (second, Conflict), (None, Conflict), ("none", Conflict), (first, Held)):
        with pytest.raises(error):
            send_once(people.minji, key, client_id=client_id, content="hold this", upload=token)
    refuse_held(all_held()[0])
    with pytest.raises(Rejected):
        send_once(people.minji, key, client_id=client_id, content="hold this", upload=first)


def test_a_form_with_a_held_file_can_be_submitted_again(key: str, people: People, media: Path) -> None:
    client_id = uuid.uuid4()
    for _ in range(2):
        file = SimpleUploadedFile("note.txt", b"hello")
        with pytest.raises(Held):
            send_with_file(people.minji, key, client_id=client_id, content="hold this", file=file)
    assert len(all_held()) == 1


# Hold


def test_only_the_sender_sees_a_held_message(key: str, people: People) -> None:
    send(key, people.minji, "before")
    with assert_events_explain_snapshot(*people) as heard:
        hold(people.minji, key)
    send(key, people.minji, "hello")
    assert held_of(people.minji, key) == [("hold this", None)]
    assert held_of(people.juwon, key) == []
    assert heard.for_user(people.juwon) == []
    assert [(message.seq, message.content) for message in history(people.juwon, key).messages] == [
        (1, "before"),
        (2, "hello"),
    ]
    assert search(people.juwon, "hold").messages == search(people.minji, "hold").messages == []
    assert room_object(key, people.juwon)["unread"] == 2
    assert "hold this" not in json.dumps(room_object(key, people.juwon))


def test_a_held_message_costs_what_a_send_does(key: str, people: People, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SEND_BURST": 2, "SENDS_PER_MINUTE": 1}
    hold(people.minji, key)
    hold(people.minji, key)
    with pytest.raises(RateLimited):
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hold this")
    assert len(all_held()) == 2


def test_few_messages_of_one_person_can_wait(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reviews, "held_messages_limit", 2)
    hold(people.minji, key)
    hold(people.minji, key)
    with pytest.raises(Conflict) as refused:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hold this")
    assert "still being checked" in error_text(refused.value)
    hold(people.juwon, key)
    refuse_held(all_held()[0])
    hold(people.minji, key)


def test_a_released_message_is_the_next_one_of_its_room(key: str, people: People) -> None:
    client_id = hold(people.minji, key)
    send(key, people.juwon, "hello")
    with assert_events_explain_snapshot(*people) as heard:
        message = release_held(all_held()[0])
    assert (message.seq, message.client_id, message.content) == (2, client_id, "hold this")
    assert len(heard.events(people.juwon)) == 1
    assert held_of(people.minji, key) == []
    again = send_once(people.minji, key, client_id=client_id, content="hold this")
    assert (again.duplicate, again.seq) == (True, 2)


def test_the_host_hears_of_a_released_message_as_of_any_other(key: str, people: People) -> None:
    with received(message_sent) as sent:
        hold(people.minji, key)
    assert sent == []
    with received(message_sent) as sent:
        release_held(all_held()[0])
    assert [each["message"].content for each in sent] == ["hold this"]


def test_a_release_marks_nothing_as_read_that_was_not(key: str, people: People) -> None:
    hold(people.minji, key)
    hold(people.minji, key)
    first, second = all_held()
    release_held(first)
    assert room_object(key, people.minji)["unread"] == 0
    send(key, people.juwon, "hello")
    release_held(second)
    assert room_object(key, people.minji)["me"]["read"] == 1


def test_a_release_is_done_once(key: str, people: People) -> None:
    hold(people.minji, key)
    (held,) = all_held()
    release_held(held)
    with pytest.raises(NotFound):
        release_held(held)
    with pytest.raises(NotFound):
        refuse_held(held)
    assert stored() == ["hold this"]


def test_nothing_is_released_into_a_room_where_its_sender_cannot_write(key: str, people: People) -> None:
    hold(people.minji, key)
    change_settings(people.juwon, key, blocked=True)
    with pytest.raises(CannotSend):
        release_held(all_held()[0])
    assert (stored(), len(all_held())) == ([], 1)


def test_nothing_is_released_while_its_sender_is_suspended(key: str, people: People) -> None:
    hold(people.minji, key)
    suspend(people.minji, timezone.now() + timedelta(days=1))
    restrictions().forget()
    with pytest.raises(Suspended):
        release_held(all_held()[0])
    assert (stored(), len(all_held())) == ([], 1)


def test_a_released_message_is_counted_as_any_other(key: str, people: People) -> None:
    class Counter(Instrument):
        sent = 0

        def messages_sent(self, count: int) -> None:
            self.sent += count

    hold(people.minji, key)
    counter = Counter()
    add_instrument(counter)
    try:
        release_held(all_held()[0])
    finally:
        remove_instrument(counter)
    assert counter.sent == 1


def test_a_room_shows_only_the_newest_of_many_long_texts(key: str, people: People) -> None:
    texts = [f"hold {number} {'가' * 1330}" for number in range(6)]
    for text in texts:
        hold(people.minji, key, text)
    assert [text for text, _refused in held_of(people.minji, key)] == texts[2:]


def test_one_text_is_shown_however_long_it_is(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.core.held.TEXTS_LIMIT_BYTES", 1)
    hold(people.minji, key, "hold one")
    hold(people.minji, key, "hold two")
    assert held_of(people.minji, key) == [("hold two", None)]


def test_a_refused_message_is_told_to_its_sender(key: str, people: People) -> None:
    client_id = hold(people.minji, key)
    with received(message_refused) as refused:
        hold(people.minji, key, "hold another")
        refuse_held(all_held()[1])
    assert [each["held"].content for each in refused] == ["hold another"]
    withdraw_held(people.minji, key, all_held()[1].client_id)
    with assert_events_explain_snapshot(*people) as heard:
        refuse_held(all_held()[0], "No adverts, please.")
    assert heard.for_user(people.juwon) == []
    assert held_of(people.minji, key) == [("hold this", "No adverts, please.")]
    with pytest.raises(Rejected) as again:
        send_once(people.minji, key, client_id=client_id, content="hold this")
    assert error_text(again.value) == "No adverts, please."


def test_a_sender_can_withdraw_what_waits_and_what_was_refused(key: str, people: People) -> None:
    first, second = hold(people.minji, key), hold(people.minji, key)
    refuse_held(all_held()[0])
    with pytest.raises(NotFound):
        withdraw_held(people.juwon, key, second)
    for client_id in (first, second):
        with assert_events_explain_snapshot(*people):
            withdraw_held(people.minji, key, client_id)
    assert (held_of(people.minji, key), all_held()) == ([], [])
    with pytest.raises(NotFound):
        withdraw_held(people.minji, key, first)


def test_only_the_last_refusals_are_kept(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.services.held.KEPT_REFUSALS", 1)
    hold(people.minji, key, "hold one")
    hold(people.minji, key, "hold two")
    for held in all_held():
        refuse_held(held)
    assert held_of(people.minji, key) == [("hold two", "")]


def test_a_held_file_waits_with_its_caption(key: str, people: People, media: Path) -> None:
    upload = store_upload(people.minji, key, SimpleUploadedFile("note.txt", b"hello"))
    request = Send(room=key, client_id=uuid.uuid4(), content="hold this", attachment=upload.token)
    with pytest.raises(Held):
        dispatch(people.minji, request)
    assert room_object(key, people.minji)["held"][0]["attachment"]["name"] == "note.txt"
    message = release_held(all_held()[0])
    with message.attachment.open("rb") as file:
        assert (message.kind, file.read()) == ("file", b"hello")
    assert history(people.juwon, key).messages[0].attachment_info["name"] == "note.txt"


def test_the_file_of_a_held_message_is_kept_until_it_is_refused(
    key: str, people: People, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SimpleUploadedFile("note.txt", b"hello")
    with pytest.raises(Held):
        send_with_file(people.minji, key, client_id=uuid.uuid4(), content="hold this", file=file)
    (held,) = all_held()
    name = held.attachment
    monkeypatch.setattr("django_pairchat.core.uploads._old_names", lambda storage: [name])
    assert delete_orphans() == 0
    refuse_held(held)
    assert delete_orphans() == 1


def test_the_file_of_a_withdrawn_message_is_deleted(
    key: str, people: People, media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client_id = uuid.uuid4()
    with pytest.raises(Held):
        send_with_file(
            people.minji, key, client_id=client_id, content="hold", file=SimpleUploadedFile("note.txt", b"hello")
        )
    name = all_held()[0].attachment
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_held(people.minji, key, client_id)
    assert not attachment_storage().exists(name)


def test_of_several_files_the_others_are_sent(key: str, people: People, media: Path) -> None:
    files = [SimpleUploadedFile(f"{number}.txt", b"hello") for number in range(2)]
    with pytest.raises(Held):
        send_with_files(people.minji, key, client_id=uuid.uuid4(), content="hold this", files=files)
    assert (stored(), len(all_held())) == ([""], 1)


def test_the_host_hears_of_what_is_held(key: str, people: People) -> None:
    with received(message_held) as heard:
        hold(people.minji, key)
    assert [(each["user"], each["held"].reason) for each in heard] == [(people.minji, "looks like spam")]


def test_what_is_held_goes_with_all_that_its_sender_wrote(key: str, people: People) -> None:
    hold(people.minji, key)
    assert list(erase_messages(people.minji, dry_run=True)) == [1]
    assert len(all_held()) == 1
    assert list(erase_messages(people.minji)) == [1]
    assert all_held() == []


def test_what_is_held_goes_when_its_sender_leaves(
    key: str, people: People, media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    file = SimpleUploadedFile("note.txt", b"hello")
    with pytest.raises(Held):
        send_with_file(people.minji, key, client_id=uuid.uuid4(), content="hold this", file=file)
    hold(people.juwon, key)
    name = all_held()[0].attachment
    assert list(anonymise(people.minji, dry_run=True)) == [1]
    assert len(all_held()) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert list(anonymise(people.minji)) == [1]
    assert [held.sender for held in all_held()] == [people.juwon]
    assert not attachment_storage().exists(name)


def test_a_held_message_is_in_its_senders_export_only(key: str, people: People) -> None:
    hold(people.minji, key)

    def exported(user: Any) -> str:
        with ZipFile(BytesIO(b"".join(export_person(user)))) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())

    assert "hold this" in exported(people.minji)
    assert "hold this" not in exported(people.juwon)


@pytest.mark.parametrize("gone", ["room", "sender"])
def test_a_held_message_goes_with_its_room_and_its_sender(room: Any, people: People, gone: str) -> None:
    hold(people.minji, str(room.pk))
    (room if gone == "room" else people.minji).delete()
    assert all_held() == []


def test_a_room_whose_first_message_waits_is_not_empty(key: str, people: People) -> None:
    hold(people.minji, key)
    tomorrow = timezone.now() + timedelta(days=1)
    assert list(delete_empty_rooms(tomorrow)) == [0]
    refuse_held(all_held()[0])
    assert list(delete_empty_rooms(tomorrow)) == [1]


def test_nothing_is_held_without_the_app(key: str, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_pairchat.core.held.apps.is_installed", Mock(return_value=False))
    with pytest.raises(ImproperlyConfigured, match=r"django_pairchat\.held"):
        send(key, people.minji, "hold this")
    assert stored() == []


def test_a_policy_that_reviews_nothing_costs_no_query(key: str, people: People, settings: Any) -> None:
    settings.PAIRCHAT = chosen(Policy)
    with counted() as plain:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hold this")
        room_object(key, people.minji)
    settings.PAIRCHAT = chosen(Reviews)
    with counted() as reviewed:
        send_once(people.minji, key, client_id=uuid.uuid4(), content="hello")
        room_object(key, people.minji)
    assert not any("held" in query for query in plain.texts)
    assert any("held" in query for query in reviewed.texts)
