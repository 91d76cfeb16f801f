"""How often a page asks the database, session and user included: the same with ten rooms and with a thousand."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from django_pairchat import get_message_model, get_room_model, services
from django_pairchat.policy import Policy, get_policy
from tests.support.people import make_user

MANY = (10, 1000)


def queries_of(user: Any, url: str, *, lists: int = 1) -> int:
    """All queries of a page, but for the one by which a host's own policy may look up the names of each list."""
    client = Client()
    client.force_login(user)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    of_the_policy = type(get_policy()).profiles is not Policy.profiles
    return len(queries) - lists * of_the_policy


@pytest.fixture
def with_rooms(minji: Any) -> Any:
    """A function that gives Minji so many rooms, half of them opened by her, with one unread message each."""

    def fill(count: int) -> None:
        model, message = get_room_model(), get_message_model()
        peers = [make_user(f"peer{number}") for number in range(min(count, 50))]
        rooms = []
        for number in range(count):
            people = {"user1": minji, "user2": peers[number % len(peers)]}
            if number % 2:
                people = {"user1": people["user2"], "user2": minji}
            side = 1 if people["user1"] == minji else 2
            rooms.append(
                model(
                    **people,
                    pair_key=f"{number:064}",
                    head=1,
                    rev=1,
                    topic_title=f"Thing {number}",
                    **{f"user{side}_has_unread": True},
                )
            )
        model._default_manager.bulk_create(rooms)
        message._default_manager.bulk_create(
            message(room=room, seq=1, rev=1, side=1, content="hello") for room in model._default_manager.all()
        )

    return fill


@pytest.mark.parametrize("count", MANY)
def test_the_inbox_asks_five_times(minji: Any, with_rooms: Any, count: int) -> None:
    with_rooms(count)
    assert queries_of(minji, "/chat/") <= 5


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("place", ["", "?before=60", "?after=20", "?around=60", "?reply=3"])
def test_a_room_and_the_list_beside_it_ask_nine_times(
    minji: Any, juwon: Any, with_rooms: Any, count: int, place: str
) -> None:
    with_rooms(count)
    room = services.open_room(minji, juwon)
    for number in range(1, 121):
        services.send(room, juwon, str(number), reply_to=1 if number > 1 else None)
    assert queries_of(minji, f"/chat/rooms/{room.pk}/{place}", lists=2) <= 9


@pytest.mark.parametrize("count", MANY)
def test_all_badges_of_a_page_ask_once(minji: Any, with_rooms: Any, count: int) -> None:
    with_rooms(count)
    request = RequestFactory().get("/")
    request.user = minji
    template = Template("{% load pairchat %}{% pairchat_unread %}{% pairchat_unread %}{% pairchat_unread %}")
    with CaptureQueriesContext(connection) as queries:
        template.render(RequestContext(request))
    assert len(queries) == 1


def test_buttons_ask_nothing(minji: Any, juwon: Any, sora: Any) -> None:
    request = RequestFactory().get("/")
    request.user = minji
    template = Template("{% load pairchat %}{% for user in people %}{% pairchat_button user topic=user %}{% endfor %}")
    template.render(RequestContext(request, {"people": [juwon]}))
    with CaptureQueriesContext(connection) as queries:
        shown = template.render(RequestContext(request, {"people": [juwon, sora] * 10}))
    assert shown.count("<form") == 20
    assert len(queries) == 0


def test_answers_to_photos_cost_no_query_each(minji: Any, juwon: Any) -> None:
    room = services.open_room(minji, juwon)
    for number in range(1, 121):
        services.send(room, juwon, str(number), reply_to=number - 100 if number > 100 else None)
    info = {"name": "a.png", "type": "image/png", "size": 1, "width": 1, "height": 1}
    photos = get_message_model().objects.filter(room=room, seq__lte=20)
    photos.update(kind="file", content="", attachment="pairchat/a", attachment_info=info)
    assert queries_of(minji, f"/chat/rooms/{room.pk}/", lists=2) <= 9
