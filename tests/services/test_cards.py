"""Cards: what a host may send as one, and that an update is one step of ``rev``, or nothing at all."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from django_pairchat import get_message_model, get_room_model, services
from django_pairchat.exceptions import BadRequest, BadText, CannotSend, ChatError, Empty, NotFound
from django_pairchat.services import (
    asend_card,
    aupdate_card,
    change_settings,
    delete,
    edit,
    message_object,
    send,
    send_card,
    update_card,
)
from django_pairchat.signals import message_deleted
from tests.conftest import People
from tests.support.listening import received
from tests.support.replica import assert_events_explain_snapshot

OPEN = {"price": 30_000, "state": "open"}
TAKEN = {"price": 30_000, "state": "accepted"}
NOT_OBJECTS = [None, [1], "text", 3, True]
NOT_JSON = [{"at": uuid.UUID(int=1)}, {"x": float("nan")}, {"x": "\0"}, {"x": "\ud800"}, {"x": "한" * 1366}]


@pytest.fixture
def card(room: Any, people: People) -> Any:
    """Minji's offer."""
    return send_card(room, people.minji, "offer", OPEN, content="Offer: 30,000")


def rev_of(room: Any) -> int:
    rev: int = get_room_model().objects.get(pk=room.pk).rev
    return rev


def test_a_card_is_a_message_of_its_own_kind_that_reaches_both(room: Any, people: People) -> None:
    with assert_events_explain_snapshot(*people) as heard:
        card = send_card(room, people.minji, "offer", OPEN, content="Offer: 30,000", fields={})
    assert (card.kind, card.data, card.content, card.side) == ("offer", OPEN, "Offer: 30,000", 1)
    for user in (people.minji, people.juwon):
        assert heard.events(user)[0]["message"]["data"] == OPEN


def test_the_same_client_id_sends_one_card_also_after_an_update(room: Any, people: People) -> None:
    again = {"content": "Offer", "client_id": uuid.uuid4()}
    first = send_card(room, people.minji, "offer", OPEN, **again)
    assert send_card(room, people.minji, "offer", OPEN, **again) == first
    update_card(first, TAKEN)
    repeated = send_card(room, people.minji, "offer", OPEN, **again)
    assert (repeated, repeated.data) == (first, TAKEN)


@pytest.mark.parametrize("kind", ["text", "file", "system", "", "Offer", "of/fer", "../x", "2nd", "o" * 33, "offer\n"])
def test_a_kind_of_the_library_or_without_a_template_name_is_no_card(room: Any, people: People, kind: str) -> None:
    with pytest.raises(BadRequest) as raised:
        send_card(room, people.minji, kind, OPEN, content="Offer")
    assert raised.value.field == "kind"
    assert repr(kind) in raised.value.__notes__[0]


@pytest.mark.parametrize("data", [*NOT_OBJECTS, *NOT_JSON], ids=ascii)
def test_data_that_is_no_small_json_object_is_refused_and_the_error_says_why(
    card: Any, room: Any, people: People, data: Any
) -> None:
    for act in (
        lambda: send_card(room, people.minji, "offer", data, content="Offer"),
        lambda: update_card(card, data),
    ):
        with pytest.raises(BadRequest) as raised:
            act()
        assert raised.value.field == "data"
        assert "JSON object" in raised.value.__notes__[0]
    assert rev_of(room) == 1


def test_data_of_4_kilobytes_is_taken(card: Any) -> None:
    assert update_card(card, {"x": "x" * (4096 - len('{"x": ""}'))}).rev == 2


def test_an_update_is_one_step_of_rev_and_reaches_both(card: Any, room: Any, people: People) -> None:
    send(room, people.juwon, "hmm")
    with assert_events_explain_snapshot(*people) as heard:
        changed = update_card(card, TAKEN, content="Accepted: 30,000")
    assert (changed.seq, changed.rev, rev_of(room)) == (1, 3, 3)
    assert (changed.data, changed.content) == (TAKEN, "Accepted: 30,000")
    for user in (people.minji, people.juwon):
        assert [event["message"] for event in heard.events(user)] == [message_object(changed)]
    assert message_object(changed)["edited_at"] is not None


def test_the_same_data_changes_nothing(card: Any, room: Any, people: People) -> None:
    update_card(card, TAKEN)
    with assert_events_explain_snapshot(*people) as heard:
        again = update_card(card, dict(reversed(TAKEN.items())))
    assert (again.rev, rev_of(room), heard.changes) == (2, 2, [])


@pytest.mark.parametrize("other", [True, 1.5, "1", None])
def test_data_that_python_takes_for_equal_is_another(card: Any, other: Any) -> None:
    update_card(card, {"count": 1})
    assert update_card(card, {"count": other}).rev == 3


def test_without_a_text_the_card_keeps_its_own(card: Any) -> None:
    assert update_card(card, TAKEN).content == "Offer: 30,000"


@pytest.mark.parametrize(("text", "error"), [("", Empty), (" \n", Empty), ("\0", BadText)])
def test_a_text_that_could_not_be_sent_is_no_text_of_a_card(card: Any, text: str, error: type[ChatError]) -> None:
    with pytest.raises(error):
        update_card(card, TAKEN, content=text)


def test_an_update_makes_nothing_unread_and_moves_no_room(card: Any, room: Any, people: People) -> None:
    services.mark_read(people.juwon, room, 1)
    before = get_room_model().objects.values().get(pk=room.pk)
    update_card(card, TAKEN)
    assert get_room_model().objects.values().get(pk=room.pk) == {**before, "rev": 2}


def test_a_deleted_card_is_updated_no_more(card: Any, room: Any, people: People) -> None:
    delete(people.minji, room, card)
    with pytest.raises(CannotSend):
        update_card(card, TAKEN)
    assert get_message_model().objects.get(pk=card.pk).data is None


def test_a_card_that_is_gone_is_not_found(card: Any, room: Any) -> None:
    get_message_model().objects.filter(pk=card.pk).delete()
    with pytest.raises(NotFound):
        update_card(card, TAKEN)
    room.delete()
    with pytest.raises(NotFound):
        update_card(card, TAKEN)


def test_a_text_is_no_card(room: Any, people: People) -> None:
    message = send(room, people.minji, "hello", data=OPEN)
    with pytest.raises(BadRequest) as raised:
        update_card(message, TAKEN)
    assert raised.value.field == "kind"


def test_a_block_does_not_keep_the_host_from_closing_an_offer(card: Any, room: Any, people: People) -> None:
    change_settings(people.juwon, room, blocked=True)
    with assert_events_explain_snapshot(*people):
        assert update_card(card, TAKEN).data == TAKEN


def test_an_update_in_a_transaction_that_fails_reaches_nobody(card: Any, room: Any, people: People) -> None:
    def fail() -> None:
        with transaction.atomic():
            update_card(card, TAKEN)
            raise ZeroDivisionError

    with assert_events_explain_snapshot(*people) as heard, pytest.raises(ZeroDivisionError):
        fail()
    assert (heard.changes, rev_of(room)) == ([], 1)


def test_its_sender_can_delete_a_card_but_nobody_can_edit_it(card: Any, room: Any, people: People) -> None:
    for user in (people.minji, people.juwon):
        with pytest.raises(CannotSend):
            edit(user, room, card, "Offer: 3")
    with pytest.raises(CannotSend):
        delete(people.juwon, room, card)
    with received(message_deleted) as deleted:
        delete(people.minji, room, card)
    assert [each["before"] for each in deleted] == ["Offer: 30,000"]


@pytest.mark.django_db(transaction=True)
def test_cards_are_sent_and_updated_from_asynchronous_code(room: Any, people: People) -> None:
    card = async_to_sync(asend_card)(room, people.minji, "offer", OPEN, content="Offer")
    assert async_to_sync(aupdate_card)(card, TAKEN).data == TAKEN
