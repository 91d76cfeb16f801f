"""Editing, deleting and reacting: one step of ``rev`` each, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.exceptions import BadRequest, CannotSend, ChatError, NotFound, Rejected
from django_pairchat.services import (
    change_settings,
    delete,
    edit,
    get_room,
    message_object,
    open_room,
    react,
    report,
    send,
)
from django_pairchat.signals import message_deleted, message_edited, message_reacted, message_reported
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import listening, received
from tests.support.people import make_user
from tests.support.policies import EditsAtOnce, EditsForEver, RefusesSpam, chosen
from tests.support.replica import assert_events_explain_snapshot, view_of

Act = Callable[[Any, str, int], Any]


@pytest.fixture
def message(room: Any, people: People) -> Any:
    """Minji's first message; Juwon has reacted to it."""
    return send(room, people.minji, "first", data={"note": 1})


ACTS: dict[str, Act] = {
    "edit": lambda user, key, seq: edit(user, key, seq, "changed"),
    "delete": delete,
    "react": lambda user, key, seq: react(user, key, seq, "👍"),
}
every_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


def rev_of(room: Any) -> int:
    rev: int = get_room_model().objects.get(pk=room.pk).rev
    return rev


@every_act
def test_a_change_is_one_step_of_rev_and_reaches_both(
    message: Any, room: Any, key: str, people: People, act: Act
) -> None:
    send(room, people.juwon, "second")
    with assert_events_explain_snapshot(*people) as heard:
        changed = act(people.minji, key, 1)
    assert (changed.seq, changed.rev, rev_of(room)) == (1, 3, 3)
    for user in (people.minji, people.juwon):
        assert [event["message"] for event in heard.events(user)] == [message_object(changed)]


@every_act
def test_repeating_a_change_changes_nothing(message: Any, room: Any, key: str, people: People, act: Act) -> None:
    act(people.minji, key, 1)
    with assert_events_explain_snapshot(*people) as heard:
        again = act(people.minji, key, 1)
    assert again.rev == rev_of(room) == 2
    assert heard.changes == []


@every_act
@pytest.mark.parametrize("seq", [0, 2, 2**63 - 1])
def test_a_message_that_is_not_there_cannot_be_changed(
    message: Any, key: str, people: People, act: Act, seq: int
) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        act(people.minji, key, seq)


@every_act
def test_a_stranger_cannot_tell_a_message_from_one_that_is_not_there(
    message: Any, key: str, people: People, act: Act
) -> None:
    gone = open_room(people.juwon, make_user("Somebody"))
    missing = str(gone.pk)
    gone.delete()
    counts = []
    for asked in (key, missing):
        with counted() as statements, pytest.raises(NotFound):
            act(people.stranger, asked, 1)
        counts.append(statements.count)
    assert counts[0] == counts[1]
    assert view_of(people.minji)[key]["messages"][1]["rev"] == 1


@every_act
def test_what_one_side_has_cleared_away_it_cannot_change(message: Any, key: str, people: People, act: Act) -> None:
    change_settings(people.minji, key, cleared=1)
    with assert_events_explain_snapshot(*people), pytest.raises(NotFound):
        act(people.minji, key, 1)


@every_act
def test_a_change_is_not_told_to_whoever_has_cleared_the_message_away(
    message: Any, key: str, people: People, act: Act
) -> None:
    change_settings(people.juwon, key, cleared=1)
    with listening() as heard:
        act(people.minji, key, 1)
    assert heard.events(people.juwon) == []
    assert len(heard.events(people.minji)) == 1


@pytest.mark.parametrize("act", [ACTS["edit"], ACTS["delete"]], ids=["edit", "delete"])
def test_the_peers_message_cannot_be_changed(message: Any, key: str, people: People, act: Act) -> None:
    with assert_events_explain_snapshot(*people) as heard, pytest.raises(CannotSend):
        act(people.juwon, key, 1)
    assert heard.changes == []
    message.refresh_from_db()
    assert (message.content, message.deleted_at) == ("first", None)


@pytest.mark.parametrize("blocking", ["minji", "juwon"])
@pytest.mark.parametrize("act", [ACTS["edit"], ACTS["react"]], ids=["edit", "react"])
def test_a_block_by_either_stops_edits_and_reactions(
    message: Any, key: str, people: People, act: Act, blocking: str
) -> None:
    change_settings(getattr(people, blocking), key, blocked=True)
    with assert_events_explain_snapshot(*people), pytest.raises(CannotSend):
        act(people.minji, key, 1)


@pytest.mark.parametrize("blocking", ["minji", "juwon"])
def test_one_can_still_delete_where_there_is_a_block(message: Any, key: str, people: People, blocking: str) -> None:
    change_settings(getattr(people, blocking), key, blocked=True)
    with assert_events_explain_snapshot(*people):
        assert delete(people.minji, key, 1).is_deleted


def test_one_can_still_delete_when_the_peer_is_gone(message: Any, key: str, people: People) -> None:
    people.juwon.delete()
    assert delete(people.minji, key, 1).is_deleted


# Editing


def test_an_edit_replaces_the_text_and_says_when(message: Any, key: str, people: People) -> None:
    shown = message_object(edit(people.minji, key, 1, "changed\r\n"))
    assert shown["content"] == "changed\n"
    assert shown["edited_at"] is not None
    assert shown["created_at"] == message_object(message)["created_at"]


def test_equal_text_is_no_edit_even_after_cleaning(message: Any, room: Any, key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        assert edit(people.minji, key, 1, "fi\x00rst".replace("\x00", "\x07")).edited_at is None
    assert heard.changes == []


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), ("a\0", "bad_text"), ("x" * 4001, "too_long"), ("\udfff", "bad_text")]
)
def test_an_edit_obeys_the_rules_of_a_text(message: Any, key: str, people: People, text: str, code: str) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(ChatError) as refused:
        edit(people.minji, key, 1, text)
    assert refused.value.code == code


def test_the_policy_looks_at_an_edited_text_too(message: Any, key: str, people: People) -> None:
    with override_settings(PAIRCHAT=chosen(RefusesSpam)), pytest.raises(Rejected):
        edit(people.minji, key, 1, "spam")


def test_a_deleted_message_cannot_be_edited(message: Any, key: str, people: People) -> None:
    delete(people.minji, key, 1)
    with pytest.raises(CannotSend):
        edit(people.minji, key, 1, "changed")


@pytest.mark.parametrize("kind", ["system", "offer"])
def test_only_texts_can_be_edited(room: Any, key: str, people: People, kind: str) -> None:
    send(room, None if kind == "system" else people.minji, "3 000", kind=kind)
    with pytest.raises(CannotSend):
        edit(people.minji, key, 1, "changed")


def test_the_edit_window_closes_after_a_day(message: Any, key: str, people: People) -> None:
    messages = get_message_model().objects.filter(pk=message.pk)
    messages.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert edit(people.minji, key, 1, "in time").content == "in time"
    messages.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    with pytest.raises(CannotSend):
        edit(people.minji, key, 1, "too late")


def test_the_policy_sets_the_edit_window(message: Any, key: str, people: People) -> None:
    get_message_model().objects.update(created_at=timezone.now() - timedelta(days=400))
    with override_settings(PAIRCHAT=chosen(EditsForEver)):
        assert edit(people.minji, key, 1, "changed").content == "changed"
    with override_settings(PAIRCHAT=chosen(EditsAtOnce)), pytest.raises(CannotSend):
        edit(people.minji, key, 1, "changed again")


def test_the_host_hears_of_an_edit_and_what_was_there_before(message: Any, key: str, people: People) -> None:
    with received(message_edited) as edits:
        edit(people.minji, key, 1, "changed")
    assert [(edit["message"].content, edit["before"]) for edit in edits] == [("changed", "first")]


# Deleting


def test_a_deletion_leaves_a_tombstone_for_both(message: Any, room: Any, key: str, people: People) -> None:
    edit(people.minji, key, 1, "changed")
    react(people.juwon, key, 1, "👍")
    before = message_object(message)
    with assert_events_explain_snapshot(*people):
        tombstone = message_object(delete(people.minji, key, 1))
    kept = ("room", "seq", "sender", "client_id", "kind", "created_at")
    assert {name: tombstone[name] for name in kept} == {name: before[name] for name in kept}
    assert tombstone["deleted_at"] is not None
    gone = {"content": "", "data": None, "attachment": None, "reactions": {}, "reply_to": None, "edited_at": None}
    assert {name: tombstone[name] for name in gone} == gone


def test_nothing_of_a_deleted_text_stays_in_its_row(message: Any, key: str, people: People) -> None:
    delete(people.minji, key, 1)
    row = get_message_model().objects.filter(pk=message.pk).values().get()
    assert "first" not in str(row)
    assert (row["content"], row["data"], row["reactions"]) == ("", None, {})


def test_the_host_hears_of_a_deletion_and_what_was_there_before(message: Any, key: str, people: People) -> None:
    with received(message_deleted) as deletions:
        delete(people.minji, key, 1)
    assert [(deletion["message"].content, deletion["before"]) for deletion in deletions] == [("", "first")]


def test_a_deletion_cannot_be_undone_by_a_stale_instance_elsewhere(message: Any, key: str, people: People) -> None:
    delete(people.minji, key, 1)
    react_after = pytest.raises(CannotSend)
    with react_after:
        react(people.juwon, key, 1, "👍")


# Reacting


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👩‍👩‍👧", "🇰🇷", "👋🏽", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "©"])
def test_any_one_emoji_is_a_reaction(message: Any, key: str, people: People, emoji: str) -> None:
    assert message_object(react(people.juwon, key, 1, emoji))["reactions"] == {str(people.juwon.pk): emoji}


@pytest.mark.parametrize("text", ["", "a", "1", "👍👍", "👍 ", ":)", "\0", "\ud83d", "👍\u200d", "x" * 50, "🇰"])
def test_anything_else_is_no_reaction(message: Any, key: str, people: People, text: str) -> None:
    with assert_events_explain_snapshot(*people), pytest.raises(BadRequest) as refused:
        react(people.juwon, key, 1, text)
    assert refused.value.field == "emoji"


def test_a_person_has_one_reaction_to_a_message_and_it_is_set_not_toggled(
    message: Any, key: str, people: People
) -> None:
    react(people.minji, key, 1, "😀")
    react(people.juwon, key, 1, "👍")
    react(people.juwon, key, 1, "❤️")
    shown = view_of(people.minji)[key]["messages"][1]
    assert shown["reactions"] == {str(people.minji.pk): "😀", str(people.juwon.pk): "❤️"}
    with assert_events_explain_snapshot(*people):
        react(people.juwon, key, 1, None)
    assert view_of(people.minji)[key]["messages"][1]["reactions"] == {str(people.minji.pk): "😀"}


def test_taking_back_a_reaction_that_is_not_there_changes_nothing(
    message: Any, room: Any, key: str, people: People
) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        react(people.juwon, key, 1, None)
    assert heard.changes == []
    assert rev_of(room) == 1


def test_a_deleted_message_takes_no_reaction(message: Any, key: str, people: People) -> None:
    delete(people.minji, key, 1)
    with pytest.raises(CannotSend):
        react(people.juwon, key, 1, "👍")


def test_the_host_hears_of_a_reaction_and_of_its_end(message: Any, key: str, people: People) -> None:
    with received(message_reacted) as reactions:
        react(people.juwon, key, 1, "👍")
        react(people.juwon, key, 1, None)
    heard = [(reaction["user"], reaction["emoji"]) for reaction in reactions]
    assert heard == [(people.juwon, "👍"), (people.juwon, None)]


# Reporting


def test_a_report_is_one_signal_and_no_row(message: Any, room: Any, key: str, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard, received(message_reported) as reports:
        report(people.juwon, key, "rude", message=1)
        report(people.juwon, key, "all of it")
    told = [(each["room"], each["user"], each["reason"], each["message"]) for each in reports]
    assert told == [(room, people.juwon, "rude", message), (room, people.juwon, "all of it", None)]
    assert heard.changes == []


def test_the_reported_message_is_as_it_stands(message: Any, key: str, people: People) -> None:
    edit(people.minji, key, 1, "changed")
    with received(message_reported) as reports:
        report(people.juwon, key, "rude", message=1)
    assert reports[0]["message"].content == "changed"


@pytest.mark.parametrize("seq", [0, 2])
def test_only_what_is_there_can_be_reported(message: Any, key: str, people: People, seq: int) -> None:
    with received(message_reported) as reports:
        with pytest.raises(NotFound):
            report(people.juwon, key, "rude", message=seq)
        with pytest.raises(NotFound):
            report(people.stranger, key, "rude")
    assert reports == []


@every_act
def test_a_change_takes_a_constant_number_of_statements(
    message: Any, room: Any, key: str, people: People, act: Act
) -> None:
    for number in range(30):
        send(room, people.minji, f"number {number}")
    with counted() as statements:
        act(people.minji, key, 1)
    assert statements.count <= 7, statements.texts
    assert get_room(people.minji, key).rev == 32
