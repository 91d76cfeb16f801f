"""What a room is about: one thing whatever model names it, with its title and address as a reader has them now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import set_script_prefix
from django.utils import translation

from django_pairchat import get_room_model
from django_pairchat.policy import Policy
from django_pairchat.services import inbox, open_room, open_room_by_token, room_object, room_objects, sign_topic
from tests.conftest import People
from tests.shop.models import Article, Bookmark, Leaflet, Page, PinnedArticle, Product, Review
from tests.support.people import make_user
from tests.support.policies import chosen


def page_of(article: Any) -> Page:
    return Page.objects.get(pk=article.page_ptr_id)


def pinned(article: Any) -> Any:
    return PinnedArticle.objects.get(pk=article.pk)


def shown(room: Any, user: Any) -> Any:
    """The topic of this room as the user has it now, read from the database."""
    rooms = get_room_model().objects.with_people().with_last_message()
    return room_object(rooms.get(pk=room.pk), user)["topic"]


def linked(room: Any, user: Any) -> Any:
    """Only its title and its address."""
    topic = shown(room, user)
    return {"title": topic["title"], "url": topic["url"]}


# One thing


@pytest.mark.parametrize("first", [page_of, pinned, lambda article: article])
@pytest.mark.parametrize("second", [page_of, pinned, lambda article: article])
def test_a_thing_that_several_models_share_has_one_room(
    people: People, first: Callable[[Any], Any], second: Callable[[Any], Any]
) -> None:
    article = Article.objects.create(title="Keys")
    opened = open_room(people.minji, people.juwon, first(article))
    assert open_room(people.juwon, people.minji, second(article)).pk == opened.pk
    token = sign_topic(second(article), people.minji)
    assert open_room_by_token(people.juwon, str(people.minji.pk), token)[0].pk == opened.pk


def test_the_grandchild_of_a_page_is_that_page(people: People) -> None:
    review = Review.objects.create(title="Umbrella")
    page = Page.objects.get(title="Umbrella")
    assert open_room(people.minji, people.juwon, review).pk == open_room(people.minji, people.juwon, page).pk


def test_a_page_with_a_key_of_its_own_below_is_that_page(people: People) -> None:
    Page.objects.create(title="another, so that the keys differ")
    leaflet = Leaflet.objects.create(title="Timetable")
    assert leaflet.pk != leaflet.page_id
    room = open_room(people.minji, people.juwon, leaflet)
    assert open_room(people.minji, people.juwon, Page.objects.get(title="Timetable")).pk == room.pk
    assert list(get_room_model().objects.about(leaflet)) == [room]
    assert list(get_room_model().objects.about(Page.objects.get(title="Timetable"))) == [room]


def test_different_things_have_rooms_of_their_own(people: People) -> None:
    page = Page.objects.create(title="Keys")
    topics = [None, page, Article.objects.create(title="Keys"), Bookmark.objects.create(), Bookmark.objects.create()]
    assert len({open_room(people.minji, people.juwon, topic).pk for topic in topics}) == len(topics)
    assert [room.topic for room in get_room_model().objects.about(page)] == [page]


def test_rooms_are_found_by_any_model_of_their_topic(people: People) -> None:
    article = Article.objects.create(title="Keys")
    rooms = {
        open_room(people.minji, people.juwon, article),
        open_room(people.stranger, people.juwon, page_of(article)),
        open_room(people.minji, people.stranger, pinned(article)),
    }
    open_room(people.minji, people.juwon, Article.objects.create(title="Something else"))
    for topic in (article, page_of(article), pinned(article)):
        assert set(get_room_model().objects.about(topic)) == rooms


def test_the_button_keeps_the_model_that_names_the_thing_best(people: People) -> None:
    article = Article.objects.create(title="Keys")
    room, _created = open_room_by_token(people.juwon, str(people.minji.pk), sign_topic(article, people.minji))
    assert room.topic_title == "Article: Keys"
    assert shown(room, people.minji)["title"] == "Article: Keys"


# Addresses


def test_a_page_without_an_absolute_url_is_linked_by_its_url(people: People) -> None:
    article = Article.objects.create(title="Keys")
    room = open_room(people.minji, people.juwon, article)
    assert shown(room, people.juwon)["url"] == f"/pages/{article.pk}/"


def test_a_page_that_has_no_place_is_not_linked(people: People) -> None:
    room = open_room(people.minji, people.juwon, Page.objects.create(title="unpublished"))
    assert linked(room, people.juwon) == {"title": "unpublished", "url": ""}


@pytest.mark.parametrize(
    ("typed", "linked"),
    [("/offers/1/", True), ("https://example.com/", True), ("javascript:alert(1)", False), ("", False)],
)
def test_what_a_person_typed_into_a_column_is_linked_only_if_it_is_an_address(
    people: People, typed: str, linked: bool
) -> None:
    room = open_room(people.minji, people.juwon, Bookmark.objects.create(url=typed))
    assert shown(room, people.juwon)["url"] == (typed if linked else "")


# Languages


@pytest.fixture(params=["tests.shop.urls", "tests.shop.urls_without_default"])
def prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """A shop in two languages; the prefix of its English pages."""
    with override_settings(ROOT_URLCONF=request.param):
        yield "/en" if request.param == "tests.shop.urls" else ""


@pytest.fixture
def product(db: None) -> Product:
    return Product.objects.create(english="Umbrella", korean="우산")


def test_each_reader_gets_title_and_address_in_the_language_of_the_page(
    people: People, product: Product, prefix: str
) -> None:
    with translation.override("ko"):
        room = open_room(people.minji, people.juwon, product)
    address = f"/catalogue/{product.pk}/?from=chat#offer"
    with translation.override("ko"):
        assert linked(room, people.juwon) == {"title": "우산", "url": f"/ko{address}"}
    with translation.override("en"):
        assert linked(room, people.juwon) == {"title": "Umbrella", "url": f"{prefix}{address}"}


@pytest.mark.parametrize("opener", ["ko", "en", "de"])
def test_what_is_stored_has_no_language(people: People, product: Product, prefix: str, opener: str) -> None:
    with translation.override(opener):
        room = open_room(people.minji, people.juwon, product)
    assert room.topic_url == f"/catalogue/{product.pk}/?from=chat#offer"
    assert room.topic_title == "Umbrella"


class ReadsNothing(Policy):
    def topic_queryset(self, model: Any) -> Any:
        raise LookupError(model)


def test_what_is_stored_is_shown_with_the_address_in_the_readers_language(
    people: People, product: Product, prefix: str
) -> None:
    with translation.override("ko"):
        room = open_room(people.minji, people.juwon, product)
    address = f"/catalogue/{product.pk}/?from=chat#offer"
    for language, before in (("ko", "/ko"), ("en", prefix), ("de", "/de")):
        with translation.override(language), override_settings(PAIRCHAT=chosen(ReadsNothing)):
            assert linked(room, people.juwon) == {"title": "Umbrella", "url": f"{before}{address}"}


def test_a_thing_that_is_gone_keeps_its_title_and_is_not_linked(people: People, product: Product, prefix: str) -> None:
    room = open_room(people.minji, people.juwon, product)
    product.delete()
    assert linked(room, people.juwon) == {"title": "Umbrella", "url": ""}


def test_under_a_prefix_of_the_server_the_language_stands_behind_it(
    people: People, product: Product, prefix: str
) -> None:
    set_script_prefix("/shop/")
    try:
        with translation.override("ko"):
            room = open_room(people.minji, people.juwon, product)
            address = f"/catalogue/{product.pk}/?from=chat#offer"
            assert room.topic_url == f"/shop{address}"
            assert shown(room, people.juwon)["url"] == f"/shop/ko{address}"
            with override_settings(PAIRCHAT=chosen(ReadsNothing)):
                assert shown(room, people.juwon)["url"] == f"/shop/ko{address}"
    finally:
        set_script_prefix("/")


def test_a_path_that_only_looks_like_a_language_stays(people: People, prefix: str) -> None:
    for url in ("/en/elsewhere/", "https://example.com/en/catalogue/", "/english/", ""):
        bookmark = Bookmark.objects.create(url=url)
        room = open_room(people.minji, people.juwon, bookmark)
        bookmark.delete()
        assert room.topic_url == url
        assert get_room_model().objects.get(pk=room.pk).topic_url == url


def test_a_new_title_is_shown(people: People) -> None:
    page = Page.objects.create(title="Keys")
    room = open_room(people.minji, people.juwon, page)
    Page.objects.filter(pk=page.pk).update(title="Keys (returned)")
    assert shown(room, people.juwon)["title"] == "Keys (returned)"


def test_the_state_of_a_room_is_the_same_in_all_languages(people: People, product: Product, prefix: str) -> None:
    room = open_room(people.minji, people.juwon, product)
    states = set()
    for language in ("ko", "en"):
        with translation.override(language):
            states.add(room_object(inbox(people.minji).rooms[0], people.minji)["state"])
    assert len(states) == 1
    assert room.pk


class CannotName(Policy):
    def topic_title(self, topic: Any) -> str:
        if topic.title == "Secret":
            raise LookupError(topic)
        return super().topic_title(topic)


def test_a_policy_that_fails_for_one_topic_costs_nothing_but_what_is_new_of_it(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    page = Page.objects.create(title="Keys")
    with override_settings(PAIRCHAT=chosen(CannotName)):
        room = open_room(people.minji, people.juwon, page)
        Page.objects.filter(pk=page.pk).update(title="Secret")
        assert linked(room, people.juwon) == {"title": "Keys", "url": f"/pages/{page.pk}/"}
    assert "stored title" in caplog.text


class CannotRead(Policy):
    def topic_queryset(self, model: Any) -> Any:
        return super().topic_queryset(model).select_related("no_such_column")


@pytest.mark.parametrize("policy", [CannotRead, ReadsNothing])
def test_a_policy_that_cannot_read_the_topics_leaves_them_as_they_are_stored(
    people: People, caplog: pytest.LogCaptureFixture, policy: type[Policy]
) -> None:
    page = Page.objects.create(title="Keys")
    room = open_room(people.minji, people.juwon, page)
    Page.objects.filter(pk=page.pk).update(title="Secret")
    with override_settings(PAIRCHAT=chosen(policy)):
        assert linked(room, people.juwon) == {"title": "Keys", "url": f"/pages/{page.pk}/"}
    assert "stored title" in caplog.text


class WithoutDatabase(Policy):
    def topic_queryset(self, model: Any) -> Any:
        raise OperationalError


def test_a_database_that_fails_where_topics_are_read_is_no_mistake_of_the_policy(people: People) -> None:
    room = open_room(people.minji, people.juwon, Page.objects.create(title="Keys"))
    with override_settings(PAIRCHAT=chosen(WithoutDatabase)), pytest.raises(OperationalError):
        shown(room, people.juwon)


@pytest.mark.parametrize("count", [2, 20])
def test_the_topics_of_a_page_of_rooms_cost_one_query(people: People, count: int) -> None:
    for number in range(count):
        page = Page.objects.create(title=f"Thing {number}")
        open_room(people.minji, make_user(f"peer{number}"), page)
    rooms = inbox(people.minji).rooms
    room_objects(rooms[:1], people.minji)
    with CaptureQueriesContext(connection) as queries:
        objects = room_objects(rooms, people.minji)
    assert {found["topic"]["title"] for found in objects} == {f"Thing {number}" for number in range(count)}
    assert len([query for query in queries if "shop_page" in query["sql"]]) == 1


def test_rooms_about_nothing_cost_no_query_for_topics(people: People) -> None:
    open_room(people.minji, people.juwon)
    rooms = inbox(people.minji).rooms
    with CaptureQueriesContext(connection) as queries:
        assert room_objects(rooms, people.minji)[0]["topic"] is None
    assert not [query for query in queries if "content" in query["sql"]]
