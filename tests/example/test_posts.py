"""The board: its list, a post's page, and what only its author may do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client, TestCase
from posts.models import Post
from posts.views import POSTS_PER_PAGE
from pytest_django import DjangoAssertNumQueries

from django_pairchat.services import get_room, open_room, room_object

from .conftest import SignIn

NEW_POST = {"kind": "found", "title": "One blue sock", "place": "Laundry", "body": "Left foot, I think."}


@pytest.fixture
def wallet(db: None) -> Post:
    """Juwon's post about a wallet."""
    return Post.objects.get(title__startswith="Red wallet")


def listed(client: Client, query: str = "") -> list[Post]:
    return list(client.get(f"/{query}").context["page"].object_list)


def test_the_board_shows_the_newest_post_first(client: Client, db: None) -> None:
    posts = listed(client)
    assert len(posts) == POSTS_PER_PAGE
    assert posts == sorted(posts, key=lambda post: post.created_at, reverse=True)


def test_the_second_page_has_the_rest(client: Client, db: None) -> None:
    first, second = listed(client), listed(client, "?page=2")
    assert len(first) + len(second) == Post.objects.count()
    assert not set(first) & set(second)


@pytest.mark.parametrize("kind", ["lost", "found"])
def test_the_board_can_show_one_kind(client: Client, db: None, kind: str) -> None:
    posts = listed(client, f"?kind={kind}")
    assert len(posts) == Post.objects.filter(kind=kind).count()
    assert {post.kind for post in posts} == {kind}


def test_the_board_can_be_searched(client: Client, wallet: Post) -> None:
    assert listed(client, "?words=wallet+BICYCLE") == [wallet]
    assert listed(client, "?words=wallet+bicycle&kind=found") == []


@pytest.mark.parametrize("query", ["?kind=stolen", "?page=nine", "?page=-1", "?page=999", "?words=" + "x" * 101])
def test_an_address_that_makes_no_sense_still_shows_a_list(client: Client, db: None, query: str) -> None:
    assert listed(client, query) != []


def test_the_list_takes_the_same_few_queries_however_long_it_is(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        listed(client)


def test_somebody_signed_in_can_post(sign_in: SignIn) -> None:
    answer = sign_in("sora").post("/posts/new/", NEW_POST)
    post = Post.objects.get(title=NEW_POST["title"])
    assert post.author == User.objects.get(username="sora")
    assert answer["Location"] == post.get_absolute_url()


def test_posting_asks_for_an_account(client: Client, db: None) -> None:
    answer = client.post("/posts/new/", NEW_POST)
    assert answer["Location"] == "/accounts/login/?next=/posts/new/"
    assert not Post.objects.filter(title=NEW_POST["title"]).exists()


def test_a_post_shows_what_was_written_and_nothing_of_it_as_html(sign_in: SignIn) -> None:
    client = sign_in("sora")
    answer = client.post("/posts/new/", NEW_POST | {"body": "<script>alert(1)</script>"}, follow=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.content.decode()


def test_its_author_can_edit_a_post(sign_in: SignIn, wallet: Post) -> None:
    sign_in("juwon").post(f"/posts/{wallet.pk}/edit/", NEW_POST)
    wallet.refresh_from_db()
    assert wallet.title == NEW_POST["title"]


def test_its_author_can_take_a_post_down_but_not_by_opening_a_link(sign_in: SignIn, wallet: Post) -> None:
    client = sign_in("juwon")
    assert client.get(f"/posts/{wallet.pk}/delete/").status_code == 200
    assert Post.objects.filter(pk=wallet.pk).exists()
    client.post(f"/posts/{wallet.pk}/delete/")
    assert not Post.objects.filter(pk=wallet.pk).exists()


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_nobody_else_can_change_a_post(sign_in: SignIn, wallet: Post, action: str) -> None:
    answer = sign_in("sora").post(f"/posts/{wallet.pk}/{action}/", NEW_POST)
    assert answer.status_code == 404
    assert Post.objects.get(pk=wallet.pk).title == wallet.title


def test_its_author_marks_a_post_and_the_rooms_about_it_say_so(sign_in: SignIn, wallet: Post) -> None:
    reader = User.objects.get(username="sora")
    room = open_room(reader, wallet.author, wallet)
    assert room_object(room, reader)["topic"]["state"] == {"key": "lost", "label": "Lost"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        sign_in("juwon").post(f"/posts/{wallet.pk}/status/", {"status": "reserved"})
    topic = room_object(get_room(reader, str(room.pk)), reader)["topic"]
    assert topic["state"] == {"key": "reserved", "label": "Reserved"}
    assert (topic["subtitle"], topic["image"]) == (wallet.place, "/static/board/things/wallet.svg")
    room.refresh_from_db()
    assert room.topic_details["state"] == topic["state"]


@pytest.mark.parametrize(("username", "status", "answered"), [("sora", "returned", 404), ("juwon", "stolen", 400)])
def test_nobody_else_and_nothing_else_marks_a_post(
    sign_in: SignIn, wallet: Post, username: str, status: str, answered: int
) -> None:
    assert sign_in(username).post(f"/posts/{wallet.pk}/status/", {"status": status}).status_code == answered
    wallet.refresh_from_db()
    assert wallet.status == Post.Status.OPEN


def test_every_thing_has_a_drawing() -> None:
    assert all(finders.find(f"board/things/{thing}.svg") for thing in Post.Thing.values)
