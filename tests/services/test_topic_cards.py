"""What people see of a topic beside its title: picture, subtitle, state; and how a change of it reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.events import FramePush, RoomChanged
from django_pairchat.dispatch import dispatch
from django_pairchat.policy import Policy, Topic, TopicState
from django_pairchat.protocol.requests import Ping, Position
from django_pairchat.services import atouch_topic, inbox, open_room, room_object, room_objects, send, touch_topic
from django_pairchat.services import topics as touching
from tests.conftest import People
from tests.shop.models import Article, Leaflet, Page, PinnedArticle, Review
from tests.support.listening import committed, listening
from tests.support.people import make_topic, make_user
from tests.support.policies import chosen

EVERYTHING = {"image": "/media/lamp.jpg", "subtitle": "15,000", "state": {"key": "reserved", "label": "Reserved"}}


class Market(Policy):
    """Of each page one person sees the page, everybody else its offers; drafts are shown to nobody."""

    asked: list[tuple[Any, list[Any]]] = []
    seller: Any = None

    def topics(self, user: Any, topics: Any) -> dict[Any, Topic]:
        self.asked.append((user, list(topics)))
        return {topic: self.topic(user, topic) for topic in topics if not str(topic).startswith("Draft")}

    def topic(self, user: Any, topic: Any) -> Topic:
        if str(topic) == "Broken":
            raise LookupError(topic)
        url = "/mine/" if user is not None and user == self.seller else "/offers/"
        state = TopicState("reserved", gettext_lazy("Reserved"))
        return Topic(str(topic), url, image="/media/lamp.jpg", subtitle="15,000", state=state)


@pytest.fixture(autouse=True)
def market(people: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Market.asked.clear()
    monkeypatch.setattr(Market, "seller", people.minji)
    with override_settings(PAIRCHAT=chosen(Market)):
        yield


def read(room: Any) -> Any:
    return get_room_model().objects.with_people().with_last_message().get(pk=room.pk)


def shown(room: Any, user: Any) -> Any:
    topic = room_object(read(room), user)["topic"]
    return {name: topic[name] for name in ("title", "url", *EVERYTHING)}


def rename(page: Any, title: str) -> None:
    Page.objects.filter(pk=page.pk).update(title=title)


@pytest.fixture
def lamp(db: None) -> Page:
    return Page.objects.create(title="Lamp")


@pytest.fixture
def about_lamp(people: People, lamp: Page) -> Any:
    """A room that both people know."""
    room = open_room(people.juwon, people.minji, lamp)
    with committed():
        send(room, people.juwon, "hello")
    return room


# What is shown


def test_each_side_sees_what_the_policy_says_to_it(people: People, about_lamp: Any) -> None:
    assert shown(about_lamp, people.minji) == {"title": "Lamp", "url": "/mine/", **EVERYTHING}
    assert shown(about_lamp, people.juwon) == {"title": "Lamp", "url": "/offers/", **EVERYTHING}


def test_a_new_room_has_the_state_that_it_has_when_it_is_read_again(people: People, lamp: Page) -> None:
    """PostgreSQL gives the names in an object another order than they were written in."""
    room = open_room(people.juwon, people.minji, lamp)
    assert room_object(room, people.juwon) == room_object(read(room), people.juwon)


def test_the_policy_is_asked_once_for_a_page_of_twenty_rooms(people: People) -> None:
    for number in range(20):
        open_room(people.minji, make_user(f"peer{number}"), Page.objects.create(title=f"Thing {number}"))
    rooms = inbox(people.minji).rooms
    room_objects(rooms[:1], people.minji)
    Market.asked.clear()
    with CaptureQueriesContext(connection) as queries:
        objects = room_objects(rooms, people.minji)
    assert {found["topic"]["title"] for found in objects} == {f"Thing {number}" for number in range(20)}
    assert [(user, len(topics)) for user, topics in Market.asked] == [(people.minji, 20)]
    assert len([query for query in queries if "shop_page" in query["sql"]]) == 1


@pytest.mark.parametrize("how", ["deleted", "not shown"])
def test_what_is_gone_keeps_all_but_its_link(people: People, lamp: Page, about_lamp: Any, how: str) -> None:
    if how == "deleted":
        lamp.delete()
    else:
        rename(lamp, "Draft of a lamp")
    assert shown(about_lamp, people.minji) == {"title": "Lamp", "url": "", **EVERYTHING}


def test_a_policy_that_fails_for_one_topic_leaves_that_as_it_is_stored(
    people: People, lamp: Page, about_lamp: Any, caplog: pytest.LogCaptureFixture
) -> None:
    chair = open_room(people.juwon, people.minji, Page.objects.create(title="Chair"))
    rename(lamp, "Broken")
    rooms = [read(about_lamp), read(chair)]
    stored, told = (found["topic"] for found in room_objects(rooms, people.minji))
    assert (stored["title"], stored["url"], stored["subtitle"]) == ("Lamp", "/offers/", "15,000")
    assert (told["title"], told["url"]) == ("Chair", "/mine/")
    assert "stored title" in caplog.text


class Odd(Policy):
    topic_now = Topic("")

    def topic(self, user: Any, topic: Any) -> Topic:
        return self.topic_now


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:image/png;base64,AA", "lamp.jpg", "", "/" * 2001])
def test_only_an_address_of_the_web_is_a_picture(
    people: People, about_lamp: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "topic_now", Topic("Lamp", image=address))
    with override_settings(PAIRCHAT=chosen(Odd)):
        assert shown(about_lamp, people.minji)["image"] is None


@pytest.mark.parametrize("address", ["/lamp.jpg", "https://media.example.com/lamp.jpg", "http://localhost/lamp.jpg"])
def test_an_address_of_the_web_is_a_picture(
    people: People, about_lamp: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "topic_now", Topic("Lamp", image=address))
    with override_settings(PAIRCHAT=chosen(Odd)):
        assert shown(about_lamp, people.minji)["image"] == address


def test_long_texts_are_cut(people: People, about_lamp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Odd, "topic_now", Topic("", subtitle="s" * 101, state=TopicState("k" * 41, "l" * 41)))
    with override_settings(PAIRCHAT=chosen(Odd)):
        now = shown(about_lamp, people.minji)
    assert (now["title"], now["subtitle"]) == ("Lamp", "s" * 100)
    assert now["state"] == {"key": "k" * 40, "label": "l" * 40}


def test_a_topic_without_more_than_a_title_is_stored_without_details(people: People, lamp: Page) -> None:
    with override_settings(PAIRCHAT=chosen(Policy)):
        assert open_room(people.minji, people.juwon, lamp).topic_details is None


# Its name on the wire


@pytest.mark.parametrize("model", [Page, Article, PinnedArticle, Review])
def test_one_thing_has_one_name_whichever_model_the_room_was_opened_with(people: People, model: Any) -> None:
    review = Review.objects.create(title="Lamp")
    room = open_room(people.minji, people.juwon, model.objects.get(pk=review.pk))
    for _ in ("while it is there", "when it is gone"):
        topic = room_object(read(room), people.minji)["topic"]
        assert (topic["type"], topic["key"]) == ("shop.page", str(room.topic_key))
        Review.objects.all().delete()


def test_a_model_with_a_key_of_its_own_is_named_by_that(people: People) -> None:
    leaflet = Leaflet.objects.create(title="Timetable")
    topic = room_object(read(open_room(people.minji, people.juwon, leaflet)), people.minji)["topic"]
    assert (topic["type"], topic["key"]) == ("shop.leaflet", str(leaflet.pk))


def test_a_room_that_names_no_object_has_a_title_only(people: People) -> None:
    room = open_room(people.minji, people.juwon, fields={"topic_title": "Order 7", "topic_url": "/orders/7/"})
    topic = room_object(read(room), people.minji)["topic"]
    assert (topic["type"], topic["key"], topic["title"], topic["url"]) == (None, None, "Order 7", "/orders/7/")


# A change of it


def test_both_people_are_told_of_a_change_and_the_room_keeps_it(people: People, lamp: Page, about_lamp: Any) -> None:
    rename(lamp, "Lamp, sold")
    with listening() as heard:
        touch_topic(lamp)
    assert heard.rooms(people.minji) == heard.rooms(people.juwon) == [str(about_lamp.pk)]
    assert heard.for_user(people.stranger) == []
    lamp.delete()
    assert shown(about_lamp, people.juwon) == {"title": "Lamp, sold", "url": "", **EVERYTHING}


def test_the_peer_of_an_empty_room_is_told_nothing(people: People, lamp: Page) -> None:
    room = open_room(people.juwon, people.minji, lamp)
    with listening() as heard:
        touch_topic(lamp)
    assert (heard.rooms(people.juwon), heard.for_user(people.minji)) == ([str(room.pk)], [])


def test_clients_that_ask_find_the_change_in_room_and_list(people: People, lamp: Page, about_lamp: Any) -> None:
    """Even where the copy is the same, because only one side sees something else."""
    before = room_object(read(about_lamp), people.minji)
    listed = inbox(people.minji).state
    with committed():
        touch_topic(lamp)
    position = Position(before["epoch"], before["rev"], before["state"])
    pong = dispatch(people.minji, Ping(rooms={before["room"]: position}, inbox=listed)).result
    assert (pong["rooms"], pong["inbox"]) == ([before["room"]], True)
    assert room_object(read(about_lamp), people.minji)["rev"] == before["rev"]


@pytest.mark.parametrize("touched", [Page, Article, PinnedArticle])
def test_any_model_of_a_thing_touches_all_rooms_about_it(people: People, touched: Any) -> None:
    article = Article.objects.create(title="Lamp")
    about = [
        open_room(people.minji, people.juwon, article),
        open_room(people.minji, people.stranger, Page.objects.get(pk=article.pk)),
    ]
    open_room(people.minji, people.juwon, Page.objects.create(title="Chair"))
    with listening() as heard:
        touch_topic(touched.objects.get(pk=article.pk))
    assert set(heard.rooms(people.minji)) == {str(room.pk) for room in about}


def test_a_thing_that_is_deleted_in_the_same_transaction_is_told_as_gone(
    people: People, lamp: Page, about_lamp: Any
) -> None:
    rename(lamp, "Never seen")
    with listening() as heard, transaction.atomic():
        touch_topic(lamp)
        lamp.delete()
    assert heard.rooms(people.minji) == [str(about_lamp.pk)]
    assert shown(about_lamp, people.minji) == {"title": "Lamp", "url": "", **EVERYTHING}


def test_a_change_that_is_rolled_back_is_not_told(people: People, lamp: Page, about_lamp: Any) -> None:
    with listening() as heard:
        try:
            with transaction.atomic():
                touch_topic(lamp)
                raise LookupError
        except LookupError:
            pass
    assert heard.changes == []


def test_an_object_without_a_key_cannot_be_touched(db: None) -> None:
    with pytest.raises(ValueError, match="no key"):
        touch_topic(Page(title="not saved"))


def test_it_can_be_awaited(people: People, lamp: Page, about_lamp: Any) -> None:
    with listening() as heard:
        async_to_sync(atouch_topic)(lamp)
    assert heard.rooms(people.minji) == [str(about_lamp.pk)]


def test_what_is_stored_is_in_the_language_of_the_site(people: People, lamp: Page, about_lamp: Any) -> None:
    with translation.override("ko"), committed():
        touch_topic(lamp)
    assert read(about_lamp).topic_details["state"]["label"] == "Reserved"


# Many rooms about one thing


@pytest.fixture
def crowd(people: People, lamp: Page) -> list[Any]:
    """Rooms of Minji's with many others, all about the lamp."""
    first = open_room(make_user("first"), people.minji, lamp)
    fields = {name: getattr(first, name) for name in ("topic_type", "topic_key", "topic_title", "topic_url")}
    model, message = get_room_model(), get_message_model()
    model.objects.bulk_create(
        model(user1=make_user(f"peer{number}"), user2=people.minji, pair_key=str(number), head=1, rev=1, **fields)
        for number in range(60)
    )
    rooms = list(model.objects.exclude(pk=first.pk).order_by("pk"))
    message.objects.bulk_create(message(room=room, seq=1, rev=1, side=1, content="hello") for room in rooms)
    return rooms


def test_many_rooms_are_told_in_parts(lamp: Page, crowd: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touching, "ROOMS_AT_ONCE", 10)
    rename(lamp, "Lamp, sold")
    Market.asked.clear()
    with CaptureQueriesContext(connection) as queries, listening() as heard:
        touch_topic(lamp)
    told = {change.room for change in heard.changes if isinstance(change, RoomChanged)}
    assert told == {str(room.pk) for room in get_room_model().objects.about(lamp)}
    assert len(told) == len(crowd) + 1
    assert set(get_room_model().objects.about(lamp).values_list("topic_title", flat=True)) == {"Lamp, sold"}
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == len(told) // 10 + 1
    assert len(Market.asked) == 1


def test_a_person_with_many_of_the_rooms_is_told_once_to_catch_up(people: People, lamp: Page, crowd: list[Any]) -> None:
    with listening() as heard:
        touch_topic(lamp)
    assert [(type(change), change.users) for change in heard.for_user(people.minji)] == [
        (FramePush, (str(people.minji.pk),))
    ]
    assert heard.events(people.minji)[0]["kind"] == "resync"
    assert heard.rooms(crowd[0].user1) == [str(crowd[0].pk)]


@pytest.mark.parametrize("count", [1, 60])
def test_a_part_takes_as_many_queries_however_many_rooms_it_has(people: People, crowd: list[Any], count: int) -> None:
    chair = make_topic("Chair")
    model = get_room_model()
    about = open_room(people.juwon, people.stranger, chair)
    columns = {name: getattr(about, name) for name in ("topic_type", "topic_key", "topic_title", "topic_url")}
    model.objects.filter(pk__in=[room.pk for room in crowd[1:count]]).update(**columns)
    with CaptureQueriesContext(connection) as queries, committed():
        touch_topic(chair)
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 1
    assert len(queries) <= 8
