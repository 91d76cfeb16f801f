"""Old messages go from the beginning of a room, for both people, and nobody's copy or number is wrong afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.access import database
from django_pairchat.management.commands import pairchat_prune
from django_pairchat.model_parts.storage import attachment_storage
from django_pairchat.services import (
    get_room,
    history,
    mark_read,
    open_room,
    prune,
    room_object,
    search,
    send,
    send_once,
    set_legal_hold,
    store_upload,
    unread_rooms,
)
from django_pairchat.services import retention as retentions
from tests.conftest import People
from tests.support.people import make_topic
from tests.support.policies import ClosesWhatIsSold, HoldsWhatHasNoTopic, chosen
from tests.support.replica import assert_events_explain_snapshot, view_of

pytestmark = pytest.mark.django_db


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def written(room: Any, sender: Any, text: str, days: float, **fields: Any) -> Any:
    """A message that was sent so many days ago."""
    message = send(room, sender, text, **fields)
    get_message_model().objects.filter(pk=message.pk).update(created_at=days_ago(days))
    get_room_model().objects.filter(created_at__gt=days_ago(days)).update(created_at=days_ago(days))
    return message


@pytest.fixture
def talk(room: Any, people: People) -> Any:
    """Two old messages, two new ones, and one that is old again: the times of messages need not ascend."""
    for text, days in (("oldest", 40), ("older", 35), ("new", 5), ("newer", 4), ("imported", 38)):
        written(room, people.minji, text, days)
    room.refresh_from_db()
    return room


def texts(user: Any, room: Any) -> list[str]:
    return [message.content for message in history(user, str(room.pk)).messages]


def stored(room: Any) -> list[int]:
    return list(get_message_model().objects.filter(room=room.pk).order_by("seq").values_list("seq", flat=True))


def test_the_beginning_goes_for_both_and_the_numbers_stay(talk: Any, people: People) -> None:
    with assert_events_explain_snapshot(*people[:2]):
        [pruned] = prune(days_ago(30))
    assert (pruned.room.pk, pruned.messages) == (talk.pk, 2)
    assert stored(talk) == [3, 4, 5]
    for user in people[:2]:
        assert texts(user, talk) == ["new", "newer", "imported"]
        assert not history(user, str(talk.pk)).has_before
    assert send(talk, people.juwon, "hi").seq == 6
    assert search(people.juwon, "oldest").messages == []


def test_what_was_unread_and_is_gone_is_not_counted(talk: Any, people: People) -> None:
    get_message_model().objects.filter(room=talk.pk).update(created_at=days_ago(40))
    with assert_events_explain_snapshot(*people[:2]):
        list(prune(days_ago(30)))
    assert unread_rooms(people.juwon) == 0
    assert stored(talk) == []
    shown = view_of(people.juwon)[str(talk.pk)]
    assert (shown["unread"], shown["head"], shown["last_message"]) == (0, 5, None)
    with assert_events_explain_snapshot(*people[:2]):
        send(str(talk.pk), people.minji, "again")
    assert unread_rooms(people.juwon) == 1


def test_it_can_be_repeated_and_tells_nobody_anything_again(talk: Any, people: People) -> None:
    list(prune(days_ago(30)))
    with assert_events_explain_snapshot(*people[:2]) as heard:
        assert list(prune(days_ago(30))) == []
    assert [heard.for_user(user) for user in people[:2]] == [[], []]


def test_one_that_was_interrupted_is_finished_by_the_next(
    talk: Any, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retentions, "MESSAGES_AT_ONCE", 1)
    remove, calls = retentions._remove_some, iter([False, True])

    def removed(messages: Any) -> int:
        if next(calls):
            raise KeyboardInterrupt
        return remove(messages)

    monkeypatch.setattr(retentions, "_remove_some", removed)
    with pytest.raises(KeyboardInterrupt):
        list(prune(days_ago(30)))
    assert stored(talk) == [2, 3, 4, 5]
    assert texts(people.juwon, talk) == ["new", "newer", "imported"]
    monkeypatch.setattr(retentions, "_remove_some", remove)
    assert [pruned.messages for pruned in prune(days_ago(30))] == [1]


def test_a_dry_run_changes_nothing(talk: Any, people: People) -> None:
    with assert_events_explain_snapshot(*people[:2]) as heard:
        assert [pruned.messages for pruned in prune(days_ago(30), dry_run=True)] == [2]
    assert [heard.for_user(user) for user in people[:2]] == [[], []]
    assert stored(talk) == [1, 2, 3, 4, 5]


def test_a_room_that_the_policy_holds_and_one_that_was_not_asked_for_stay(
    talk: Any, people: People, settings: Any
) -> None:
    about = open_room(people.minji, people.juwon, make_topic())
    written(about, people.minji, "sold", 40)
    rooms = get_room_model().objects.filter(pk=about.pk)
    assert [pruned.room.pk for pruned in prune(days_ago(30), rooms, dry_run=True)] == [about.pk]
    settings.PAIRCHAT = chosen(HoldsWhatHasNoTopic)
    assert [pruned.room.pk for pruned in prune(days_ago(30))] == [about.pk]
    assert stored(talk) == [1, 2, 3, 4, 5]


def test_a_room_on_legal_hold_stays_until_it_is_released(talk: Any, people: People) -> None:
    set_legal_hold(talk, True)
    with assert_events_explain_snapshot(*people[:2]) as heard:
        assert list(prune(days_ago(30))) == []
        assert list(prune(days_ago(30), dry_run=True)) == []
    assert [heard.for_user(user) for user in people[:2]] == [[], []]
    assert stored(talk) == [1, 2, 3, 4, 5]
    set_legal_hold(talk, False)
    assert [pruned.messages for pruned in prune(days_ago(30))] == [2]


def test_a_hold_that_comes_while_it_runs_ends_it(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retentions, "MESSAGES_AT_ONCE", 1)
    remove = retentions._remove_some

    def removed(messages: Any) -> int:
        count = remove(messages)
        set_legal_hold(talk, True)
        return count

    monkeypatch.setattr(retentions, "_remove_some", removed)
    assert [pruned.messages for pruned in prune(days_ago(30))] == [1]
    assert stored(talk) == [2, 3, 4, 5]


def test_a_hold_that_comes_after_the_room_was_found_is_seen(talk: Any, people: People) -> None:
    open_room(people.minji, people.juwon, make_topic())
    found = retentions._rooms_with_older
    with pytest.MonkeyPatch.context() as patched:

        def rooms(*args: Any) -> Any:
            for room in found(*args):
                set_legal_hold(room, True)
                yield room

        patched.setattr(retentions, "_rooms_with_older", rooms)
        assert list(prune(days_ago(30))) == []
    assert stored(talk) == [1, 2, 3, 4, 5]
    assert texts(people.juwon, talk)[0] == "oldest"


def test_nobody_in_the_room_learns_of_a_hold(talk: Any, people: People) -> None:
    before = [view_of(user) for user in people[:2]]
    with assert_events_explain_snapshot(*people[:2]) as heard:
        set_legal_hold(talk, True)
        set_legal_hold(talk, True)
    assert [heard.for_user(user) for user in people[:2]] == [[], []]
    assert [view_of(user) for user in people[:2]] == before
    assert send(talk, people.minji, "goes on").seq == 6


def test_only_rooms_about_closed_topics(
    talk: Any, people: People, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sold = make_topic("Sold: bicycle")
    about = open_room(people.minji, people.juwon, sold)
    written(about, people.minji, "sold", 40)
    call_command("pairchat_prune", "--older-than", "30", "--closed")
    assert capsys.readouterr().out == "0 message(s) were removed from 0 room(s).\n"
    settings.PAIRCHAT = chosen(ClosesWhatIsSold)
    call_command("pairchat_prune", "--older-than", "30", "--closed")
    assert capsys.readouterr().out == "1 message(s) were removed from 1 room(s).\n"
    assert stored(talk) == [1, 2, 3, 4, 5]


def test_the_command_shows_that_it_goes_on(
    people: People, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairchat_prune, "PROGRESS", 2)
    for _ in range(5):
        written(open_room(people.minji, people.juwon, make_topic()), people.minji, "old", 40)
    call_command("pairchat_prune", "--older-than", "30")
    assert capsys.readouterr().out.splitlines() == [
        "2 message(s) of 2 room(s) …",
        "4 message(s) of 4 room(s) …",
        "5 message(s) were removed from 5 room(s).",
    ]


def test_files_go_with_their_messages(room: Any, people: People, django_capture_on_commit_callbacks: Any) -> None:
    upload = store_upload(people.minji, str(room.pk), SimpleUploadedFile("list.txt", b"a list"))
    sent = send_once(people.minji, str(room.pk), client_id=uuid.uuid4(), content="", upload=upload.token)
    message = sent.message
    get_message_model().objects.filter(pk=message.pk).update(created_at=days_ago(40))
    get_room_model().objects.update(created_at=days_ago(41))
    name = message.attachment.name
    assert attachment_storage().exists(name)
    with django_capture_on_commit_callbacks(using=database(), execute=True):
        list(prune(days_ago(30)))
    assert not attachment_storage().exists(name)


def test_the_command_says_what_it_did(talk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("pairchat_prune", "--older-than", "30", "--dry-run")
    assert capsys.readouterr().out == "2 message(s) would be removed from 1 room(s).\n"
    call_command("pairchat_prune", "--older-than", "30")
    assert capsys.readouterr().out == "2 message(s) were removed from 1 room(s).\n"
    assert stored(talk) == [3, 4, 5]
    for days, told in (("0", "at least 1"), ("10000000", "beyond the calendar")):
        with pytest.raises(CommandError, match=told):
            call_command("pairchat_prune", "--older-than", days)


def test_a_client_that_was_away_meanwhile_catches_up(talk: Any, people: People) -> None:
    mark_read(people.juwon, str(talk.pk), 5)
    before = view_of(people.juwon)[str(talk.pk)]
    list(prune(days_ago(30)))
    after = room_object(get_room(people.juwon, str(talk.pk)), people.juwon)
    assert after["state"] != before["state"], "a ping names the room"
    assert after["me"]["cleared"] == 2
