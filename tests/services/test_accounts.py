"""Accounts that go: the other person keeps the history, the last one takes the room along."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.deletion import Collector

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.abandoned_rooms import remove_abandoned_rooms
from django_pairchat.exceptions import CannotSend, NotFound
from django_pairchat.services import (
    delete,
    get_room,
    inbox,
    message_object,
    open_room,
    react,
    room_object,
    search,
    send,
    send_once,
    set_legal_hold,
)
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_topic, make_user
from tests.support.replica import messages_of, view_of


@pytest.fixture
def talk(room: Any, people: People) -> str:
    """The key of a room in which both have written and reacted."""
    send(room, people.minji, "hello")
    send(room, people.juwon, "hi")
    key = str(room.pk)
    react(people.juwon, key, 1, "👍")
    react(people.minji, key, 2, "😀")
    return key


def rows() -> tuple[int, int]:
    return get_room_model().objects.count(), get_message_model().objects.count()


@pytest.mark.parametrize(("goes", "stays"), [("minji", "juwon"), ("juwon", "minji")])
def test_the_one_who_stays_keeps_room_and_history(talk: str, people: People, goes: str, stays: str) -> None:
    user = getattr(people, stays)
    before = view_of(user)[talk]
    getattr(people, goes).delete()
    after = view_of(user)[talk]
    assert after["messages"].keys() == before["messages"].keys()
    for seq, message in after["messages"].items():
        mine = before["messages"][seq]["sender"] == str(user.pk)
        assert message["sender"] == (str(user.pk) if mine else None)
        assert message["content"] == before["messages"][seq]["content"]
    assert (after["head"], after["rev"], after["epoch"]) == (before["head"], before["rev"], before["epoch"])
    assert after["state"] != before["state"]
    assert after["me"] == before["me"]


def test_the_one_who_is_gone_is_shown_without_a_name_and_cannot_be_written_to(talk: str, people: People) -> None:
    people.juwon.delete()
    shown = room_object(get_room(people.minji, talk), people.minji)
    assert {name: shown["peer"][name] for name in ("user", "avatar", "url")} == {
        "user": None,
        "avatar": None,
        "url": None,
    }
    assert "Juwon" not in shown["peer"]["name"]
    assert not shown["can_send"]
    with pytest.raises(CannotSend):
        send_once(people.minji, talk, client_id=uuid.uuid4(), content="are you there?")


def test_reactions_of_the_one_who_is_gone_are_not_shown(talk: str, people: People) -> None:
    people.juwon.delete()
    messages = messages_of(people.minji, talk)
    assert messages[1]["reactions"] == {}
    assert messages[2]["reactions"] == {str(people.minji.pk): "😀"}


def test_own_messages_stay_own(talk: str, people: People) -> None:
    people.juwon.delete()
    message = delete(people.minji, talk, 1)
    assert message.sent_by(people.minji)
    with pytest.raises(CannotSend):
        delete(people.minji, talk, 2)


def test_the_history_can_still_be_searched(talk: str, people: People) -> None:
    people.juwon.delete()
    assert [message.seq for message in search(people.minji, "h").messages] == [2, 1]


def test_when_both_are_gone_the_room_is_gone(talk: str, people: People) -> None:
    people.minji.delete()
    assert rows() == (1, 2)
    people.juwon.delete()
    assert rows() == (0, 0)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_room_on_legal_hold_outlives_both(talk: str, people: People, at_once: bool) -> None:
    room = get_room_model().objects.get(pk=talk)
    set_legal_hold(room, True)
    if at_once:
        get_user_model().objects.filter(pk__in=[people.minji.pk, people.juwon.pk]).delete()
    else:
        people.minji.delete()
        people.juwon.delete()
    remove_abandoned_rooms()
    assert get_message_model().objects.filter(room=talk).count() == 2
    set_legal_hold(room, False)
    remove_abandoned_rooms()
    assert not get_room_model().objects.filter(pk=talk).exists()


def test_when_both_go_at_once_the_room_goes_with_them(talk: str, people: People) -> None:
    with_another = open_room(people.juwon, people.stranger)
    send(with_another, people.stranger, "hello")
    get_user_model().objects.filter(pk__in=[people.minji.pk, people.juwon.pk]).delete()
    assert rows() == (1, 1)
    assert inbox(people.stranger).rooms == [with_another]


def test_when_everybody_goes_at_once_nothing_is_left(talk: str, people: People) -> None:
    for number in range(5):
        send(open_room(people.stranger, make_user(f"Peer {number}")), people.stranger, "hello")
    get_user_model().objects.all().delete()
    assert rows() == (0, 0)


def test_many_accounts_go_in_one_queryset(people: People) -> None:
    crowd = [make_user(f"Peer {number}") for number in range(30)]
    for peer in crowd:
        open_room(people.minji, peer)
    get_user_model().objects.filter(pk__in=[peer.pk for peer in crowd]).delete()
    rooms = inbox(people.minji, limit=200).rooms
    assert len(rooms) == 30
    assert {room.user2_id for room in rooms} == {None}


def test_rooms_with_several_who_are_gone_do_not_collide(people: People) -> None:
    topic = make_topic()
    others = [make_user("One"), make_user("Two")]
    rooms = [open_room(people.minji, other, topic) for other in others]
    for other in others:
        other.delete()
    assert {room.pk for room in inbox(people.minji).rooms} == {room.pk for room in rooms}


def test_nobody_who_comes_later_inherits_the_room(talk: str, people: People) -> None:
    key, model = people.juwon.pk, get_user_model()
    people.juwon.delete()
    newcomer = make_user("Newcomer")
    model.objects.filter(pk=newcomer.pk).delete()
    newcomer.pk = key
    newcomer.save(force_insert=True)
    assert inbox(newcomer).rooms == []
    with pytest.raises(NotFound):
        get_room(newcomer, talk)
    assert str(open_room(people.minji, newcomer).pk) != talk


def test_deleting_a_room_by_hand_takes_its_messages_along(talk: str, people: People) -> None:
    get_room_model().objects.get().delete()
    assert rows() == (0, 0)
    with pytest.raises(NotFound):
        get_room(people.minji, talk)


def test_a_message_knows_its_sender_after_the_other_is_gone(talk: str, people: People) -> None:
    people.juwon.delete()
    mine, theirs = get_message_model().objects.order_by("seq")
    assert (mine.sender, theirs.sender) == (people.minji, None)
    assert message_object(theirs)["kind"] == "text"


def test_a_peer_who_goes_between_two_questions_leaves_no_room_behind(
    room: Any, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_collect = Collector.collect
    gone: list[Any] = []

    def collect(collector: Collector, objs: Any, *arguments: Any, **options: Any) -> None:
        really_collect(collector, objs, *arguments, **options)
        if options.get("source_attr") == "user2" and not gone:
            gone.append(people.minji.pk)
            get_user_model().objects.get(pk=people.minji.pk).delete()

    monkeypatch.setattr(Collector, "collect", collect)
    get_user_model().objects.get(pk=people.juwon.pk).delete()
    remove_abandoned_rooms()
    assert gone
    assert not get_room_model().objects.exists()


def test_an_account_that_goes_asks_as_often_for_many_rooms_as_for_one(people: People) -> None:
    counts = []
    for user, rooms in ((people.minji, 1), (people.juwon, 20)):
        for _ in range(rooms):
            send(open_room(user, people.stranger, make_topic()), user, "hello")
        with counted() as statements:
            user.delete()
        counts.append(statements.count)
    assert counts[0] == counts[1]
