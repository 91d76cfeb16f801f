"""What a person is called where the host says nothing: never "None None", never an e-mail address, never nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils.translation import gettext_lazy

from django_pairchat.dispatch import dispatch
from django_pairchat.policy import Policy, Profile
from django_pairchat.protocol import requests
from django_pairchat.protocol.requests import Position
from django_pairchat.services import open_room, room_object, send
from django_pairchat.web.presenters.person import PersonItem
from tests.conftest import People
from tests.support.policies import chosen


def name_of(user: Any) -> str:
    return Policy().profile(user).name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ({"first_name": "Ann", "last_name": None}, "Ann"),
        ({"first_name": None, "last_name": "Lee"}, "Lee"),
        ({"first_name": None, "last_name": None}, "ann.lee"),
        ({"first_name": " ", "last_name": ""}, "ann.lee"),
        ({"first_name": "ann@x.example", "last_name": ""}, "ann"),
        ({"first_name": "None", "last_name": "Lee"}, "None Lee"),
    ],
)
@isolate_apps("tests.services")
def test_a_user_of_django_with_columns_that_may_be_null(given: dict[str, Any], name: str) -> None:
    class Person(AbstractUser):
        class Meta:
            app_label = "services"

    assert name_of(Person(pk=7, username="ann.lee", **given)) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"name": "Ann Lee"}, "Ann Lee"),
        ({"name": "", "email": "ann.lee@x.example"}, "ann.lee"),
        ({"name": "  ", "email": "ann.lee@x.example"}, "ann.lee"),
        ({"name": "\u200b\u3164", "email": "ann.lee@x.example"}, "ann.lee"),
        ({"name": None, "email": "ann.lee@x.example"}, "ann.lee"),
        ({"name": "Ann <ann@x.example>"}, "Ann"),
        ({"name": "ann@x.example (Ann)"}, "ann (Ann)"),
        ({"name": "", "email": ""}, "7"),
        ({"name": "", "email": None}, "7"),
    ],
)
@isolate_apps("tests.services")
def test_an_email_user_without_first_and_last_name(given: dict[str, Any], name: str) -> None:
    """As the most used template of projects makes one."""

    class Person(AbstractUser):
        name = models.CharField(blank=True, max_length=255)
        email = models.EmailField(unique=True)
        first_name = None  # type: ignore[assignment]  # as a host may write it
        last_name = None  # type: ignore[assignment]  # as a host may write it
        username = None  # type: ignore[assignment]  # as a host may write it
        USERNAME_FIELD = "email"
        REQUIRED_FIELDS = []

        class Meta:
            app_label = "services"

    person = Person(pk=7, **given)
    assert name_of(person) == name
    assert PersonItem("7", name_of(person)).initial == name[0].upper()


class Someone:
    """A user object with nothing but what a test gives it."""

    def __init__(self, **given: Any) -> None:
        self.pk = 7
        self.__dict__.update(given)

    def __str__(self) -> str:
        return self.__dict__.get("text", "fallback")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"get_full_name": lambda: None}, "fallback"),
        ({"get_full_name": lambda: gettext_lazy("Chat")}, "Chat"),
        ({"get_full_name": lambda: "None None", "first_name": None, "last_name": None}, "fallback"),
        ({"display_name": "Ann"}, "Ann"),
        ({"nickname": "Ann"}, "Ann"),
        ({"name": "", "display_name": None, "nickname": "Ann"}, "Ann"),
        ({"name": "Ann", "nickname": "Annie"}, "Ann"),
        ({"name": lambda: "a method"}, "fallback"),
        ({"text": None}, "7"),
        ({"text": "None"}, "7"),
        ({"text": "@ann"}, "@ann"),
        ({"text": ""}, "7"),
    ],
)
def test_any_other_user_object(given: dict[str, Any], name: str) -> None:
    assert name_of(Someone(**given)) == name


class PassesAnEmptyColumn(Policy):
    def profile(self, user: Any) -> Profile:
        return Profile(name=None)  # type: ignore[arg-type]  # as a host may write it


def test_a_policy_that_passes_an_empty_column_leaves_nobody_without_a_name(people: People) -> None:
    room = open_room(people.minji, people.juwon)
    with override_settings(PAIRCHAT=chosen(PassesAnEmptyColumn)):
        assert room_object(room, people.minji)["peer"]["name"] == str(people.juwon.pk)


class ShowsWhatTheHostHasNow(Policy):
    shown = Profile("Juwon")

    def profile(self, user: Any) -> Profile:
        return self.shown


@pytest.mark.parametrize(
    "change",
    [{"name": "Juwon Kim"}, {"avatar": "/media/new.webp"}, {"url": "/people/juwon/"}],
    ids=["a name", "a picture", "an address"],
)
def test_what_the_host_changes_of_a_person_is_noticed_by_the_next_ping(
    people: People, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    room = open_room(people.minji, people.juwon)
    send(room, people.juwon, "hello")
    key = str(room.pk)

    def synced() -> Any:
        [entry] = dispatch(people.minji, requests.Sync({key: Position("", 0)})).result["rooms"]
        return entry

    with override_settings(PAIRCHAT=chosen(ShowsWhatTheHostHasNow)):
        before = synced()
        inbox = dispatch(people.minji, requests.Inbox()).result["state"]
        held = requests.Ping({key: Position(before["epoch"], before["rev"], before["state"])}, inbox)
        pong = dispatch(people.minji, held).result
        assert (pong["rooms"], pong["inbox"]) == ([], False)
        monkeypatch.setattr(ShowsWhatTheHostHasNow, "shown", replace(ShowsWhatTheHostHasNow.shown, **change))
        pong = dispatch(people.minji, held).result
        assert (pong["rooms"], pong["inbox"]) == ([key], True)
        after = synced()
    assert after["peer"] == {**before["peer"], **change}
    assert after["rev"] == before["rev"]


class CountsItsQuestions(Policy):
    asked: ClassVar[list[int]] = []

    def profiles(self, users: Collection[Any]) -> dict[Any, Profile]:
        self.asked.append(len(users))
        return super().profiles(users)


def test_a_page_of_the_inbox_asks_once_for_all_its_people(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    for peer in (people.juwon, people.stranger):
        open_room(people.minji, peer)
    monkeypatch.setattr(CountsItsQuestions, "asked", [])
    with override_settings(PAIRCHAT=chosen(CountsItsQuestions)):
        answer = dispatch(people.minji, requests.Inbox()).result
        assert len(answer["rooms"]) == 2
        assert CountsItsQuestions.asked == [2]
        assert not dispatch(people.minji, requests.Ping({}, answer["state"])).result["inbox"]
