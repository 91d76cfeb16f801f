"""Stars: private to one person, found again on pages, gone with what they are on."""

from __future__ import annotations

from typing import Any

import pytest

from django_pairchat import get_star_model
from django_pairchat.dispatch import dispatch, features
from django_pairchat.exceptions import BadRequest, CannotSend, Conflict, NotFound, Unsupported
from django_pairchat.policy import Policy
from django_pairchat.protocol.requests import History, Star
from django_pairchat.services import change_settings, delete, open_room, send, star, starred_messages
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import listening
from tests.support.people import make_user
from tests.support.policies import chosen
from tests.support.replica import assert_events_explain_snapshot


class FewStars(Policy):
    starred_messages_limit = 2


@pytest.fixture
def talk(room: Any, people: People) -> str:
    for number in range(1, 5):
        send(room, people.minji, f"number {number}")
    return str(room.pk)


def seqs(user: Any, **how: Any) -> list[int]:
    return [message.seq for message in starred_messages(user, **how).messages]


def test_the_one_starred_last_is_first_and_pages_leave_none_out(talk: str, people: People) -> None:
    for seq in (2, 4, 1):
        star(people.minji, talk, seq)
    page = starred_messages(people.minji, limit=2)
    assert [message.seq for message in page.messages] == [1, 4]
    rest = starred_messages(people.minji, limit=2, before=page.next)
    assert ([message.seq for message in rest.messages], rest.next) == ([2], None)


def test_only_the_person_hears_of_a_star_and_sees_it(talk: str, people: People) -> None:
    with assert_events_explain_snapshot(people.minji, people.juwon) as heard:
        star(people.juwon, talk, 3)
        star(people.juwon, talk, 3)
    event = {"type": "event", "kind": "star", "room": talk, "seq": 3, "on": True}
    assert (heard.events(people.juwon), heard.for_user(people.minji)) == ([event], [])
    assert (seqs(people.juwon), seqs(people.minji)) == ([3], [])
    starred = {user: dispatch(user, History(talk)).result["starred"] for user in (people.juwon, people.minji)}
    assert starred == {people.juwon: [3], people.minji: []}


def test_a_star_is_taken_back_once(talk: str, people: People) -> None:
    star(people.juwon, talk, 3)
    with listening() as heard:
        dispatch(people.juwon, Star(talk, 3, False))
        dispatch(people.juwon, Star(talk, 3, False))
    assert [event["on"] for event in heard.events(people.juwon)] == [False]
    assert seqs(people.juwon) == []


def test_what_cannot_be_seen_any_more_is_not_among_the_stars(talk: str, people: People) -> None:
    for seq in (1, 2, 4):
        star(people.juwon, talk, seq)
    delete(people.minji, talk, 4)
    change_settings(people.juwon, talk, cleared=1)
    assert seqs(people.juwon) == [2]
    change_settings(people.juwon, talk, blocked=True)
    assert seqs(people.juwon) == []
    change_settings(people.juwon, talk, blocked=False)
    # That the other person blocks must not be told by what is missing.
    change_settings(people.minji, talk, blocked=True)
    assert seqs(people.juwon) == [2]


def test_what_one_cannot_see_cannot_be_starred(talk: str, people: People) -> None:
    delete(people.minji, talk, 2)
    change_settings(people.juwon, talk, cleared=1)
    with pytest.raises(CannotSend):
        star(people.juwon, talk, 2)
    for user, seq in ((people.juwon, 1), (people.juwon, 9), (people.stranger, 3)):
        with pytest.raises(NotFound):
            star(user, talk, seq)
    assert not get_star_model().objects.exists()  # type: ignore[union-attr]  # these projects have stars


def test_there_is_a_limit_that_what_is_gone_does_not_count_for(talk: str, people: People, settings: Any) -> None:
    settings.PAIRCHAT = chosen(FewStars)
    star(people.juwon, talk, 1)
    star(people.juwon, talk, 2)
    with pytest.raises(Conflict) as refused:
        star(people.juwon, talk, 3)
    assert refused.value.field == "starred"
    star(people.juwon, talk, 2)
    delete(people.minji, talk, 1)
    star(people.juwon, talk, 3)
    assert seqs(people.juwon) == [3, 2]


def test_a_page_costs_one_statement_and_a_history_none_more(talk: str, people: People) -> None:
    other = open_room(people.juwon, make_user("Sora"))
    star(people.juwon, talk, 1)
    star(people.juwon, other, send(other, people.juwon, "hello"))
    with counted() as statements:
        messages = starred_messages(people.juwon).messages
        assert [message.room.user1.pk for message in messages]
    assert statements.count == 1
    with counted() as statements:
        assert dispatch(people.juwon, History(talk)).result["starred"] == [1]
    assert statements.count == 2


def test_a_cursor_of_somewhere_else_is_refused(talk: str, people: People) -> None:
    with pytest.raises(BadRequest):
        starred_messages(people.juwon, before="MTIz")


def test_a_host_with_messages_of_its_own_may_have_no_stars(talk: str, people: People, settings: Any) -> None:
    settings.PAIRCHAT_ROOM_MODEL, settings.PAIRCHAT_MESSAGE_MODEL = "shop.Room", "shop.Message"
    settings.PAIRCHAT_STAR_MODEL = None
    assert get_star_model() is None
    assert "star" not in features()
    for act in (lambda: star(people.juwon, talk, 1), lambda: starred_messages(people.juwon)):
        with pytest.raises(Unsupported):
            act()


def test_an_account_takes_its_stars_along(talk: str, people: People) -> None:
    star(people.juwon, talk, 1)
    star(people.minji, talk, 1)
    people.juwon.delete()
    assert seqs(people.minji) == [1]
    assert get_star_model().objects.count() == 1  # type: ignore[union-attr]  # these projects have stars
