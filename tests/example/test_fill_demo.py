"""`manage.py fill_demo`, and the board it leaves behind."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.core.management import call_command
from django.utils import timezone
from posts.models import Post

from django_pairchat import get_message_model, get_room_model, services

pytestmark = pytest.mark.django_db


def board() -> list[object]:
    """Every row that the command may write."""
    models = (User, Post, get_room_model(), get_message_model())
    return [serializers.serialize("python", model.objects.order_by("pk")) for model in models]


def test_repeating_it_changes_nothing() -> None:
    before = board()
    call_command("fill_demo", verbosity=0)
    assert board() == before


def test_repeating_it_leaves_a_renamed_post_one_conversation() -> None:
    Post.objects.update(title="Changed")
    call_command("fill_demo", verbosity=0)
    assert get_room_model().objects.count() == 1


def test_everybody_has_posts_in_two_languages() -> None:
    for username in ("minji", "juwon", "sora"):
        titles = Post.objects.filter(author__username=username).values_list("title", flat=True)
        assert len(titles) >= 3
        assert {title.isascii() for title in titles} == {True, False}
    titles = Post.objects.values_list("title", flat=True)
    assert sum(title.isascii() for title in titles) == len(titles) / 2


def test_minji_and_sora_have_exactly_300_messages_over_several_days() -> None:
    minji, sora = (User.objects.get(username=name) for name in ("minji", "sora"))
    room = get_room_model().objects.between(minji, sora).get()
    messages = list(room.messages.order_by("seq"))
    assert [message.seq for message in messages] == list(range(1, 301))
    assert {message.sender for message in messages} == {minji, sora}
    times = [message.created_at for message in messages]
    assert times == sorted(times)
    assert len({timezone.localdate(time) for time in times}) >= 5
    assert room.last_message_at == times[-1] < timezone.now()
    assert room.topic.author == sora


def test_minji_has_something_left_to_read_and_sora_has_not() -> None:
    minji, sora = (User.objects.get(username=name) for name in ("minji", "sora"))
    assert services.unread_rooms(minji) == 1
    assert services.unread_rooms(sora) == 0


def test_it_says_where_to_go_and_as_whom() -> None:
    out = io.StringIO()
    call_command("fill_demo", host="board.example", port="8123", stdout=out)
    assert "http://board.example:8123/" in out.getvalue()
    for word in ("minji", "juwon", "sora", "pairchat-demo"):
        assert word in out.getvalue()
