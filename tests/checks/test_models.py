"""The two models: which settings name them, and whether they kept what the chat relies on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps

from django_pairchat import get_message_model
from django_pairchat.base_models import AbstractMessage, AbstractRoom
from tests.settings.base import INSTALLED_APPS

from .hosts import check_host, ids

OWN = {"PAIRCHAT_ROOM_MODEL": "own_chat.Room", "PAIRCHAT_MESSAGE_MODEL": "own_chat.Message"}


def with_apps(*names: str) -> list[str]:
    return [*INSTALLED_APPS, *names]


def test_the_default_models_are_fine() -> None:
    assert check_host(INSTALLED_APPS=with_apps("django_pairchat.default")) == []


def test_own_models_are_fine() -> None:
    assert check_host(INSTALLED_APPS=with_apps("tests.own_chat"), **OWN) == []


def test_own_models_may_stand_beside_the_default_ones_with_a_warning() -> None:
    found = check_host(INSTALLED_APPS=with_apps("django_pairchat.default", "tests.own_chat"), **OWN)
    assert ids(found) == ["pairchat.W002"]


def test_no_models_at_all() -> None:
    found = check_host(INSTALLED_APPS=with_apps())
    assert ids(found) == ["pairchat.E013", "pairchat.E013"]
    assert all("django_pairchat.default" in hint for *_, hint in found)


@pytest.mark.parametrize("name", ["Room", "", "shop.", ".Room", "shop.models.Room", "own-shop.Room", None, 7])
def test_a_name_that_is_not_an_app_and_a_model(name: Any) -> None:
    with override_settings(PAIRCHAT_ROOM_MODEL=name, PAIRCHAT_MESSAGE_MODEL=name):
        room, message = run_checks(tags=["pairchat"])
    assert (room.id, message.id) == ("pairchat.E012", "pairchat.E012")
    assert 'PAIRCHAT_ROOM_MODEL = "shop.Room"' in str(room.hint)
    assert 'PAIRCHAT_MESSAGE_MODEL = "shop.Message"' in str(message.hint)


@pytest.mark.parametrize("name", ["shop.Room", "auth.Room"])
def test_a_model_that_is_not_installed_is_answered_with_those_that_are(name: str) -> None:
    installed = get_message_model()._meta.label
    with override_settings(PAIRCHAT_ROOM_MODEL=name, PAIRCHAT_MESSAGE_MODEL=name):
        room, message = run_checks(tags=["pairchat"])
    assert (room.id, message.id) == ("pairchat.E013", "pairchat.E013")
    assert message.hint == f'PAIRCHAT_MESSAGE_MODEL = "{installed}"'


def test_models_of_another_kind() -> None:
    with override_settings(PAIRCHAT_ROOM_MODEL="auth.Group", PAIRCHAT_MESSAGE_MODEL="auth.Group"):
        room, message = run_checks(tags=["pairchat"])
    assert (room.id, message.id) == ("pairchat.E014", "pairchat.E014")
    assert "AbstractRoom.Meta" in str(room.hint)
    assert "AbstractMessage.Meta" in str(message.hint)


def test_rooms_and_messages_are_not_taken_for_each_other() -> None:
    found = check_host(
        INSTALLED_APPS=with_apps("tests.own_chat"),
        PAIRCHAT_ROOM_MODEL="own_chat.Room",
        PAIRCHAT_MESSAGE_MODEL="own_chat.Room",
    )
    assert ids(found) == ["pairchat.E014"]


@pytest.mark.parametrize("setting", OWN)
@pytest.mark.parametrize("others", [[], ["django_pairchat.default"]])
def test_only_one_of_the_two(setting: str, others: list[str]) -> None:
    found = check_host(INSTALLED_APPS=with_apps("tests.own_chat", *others), **{setting: OWN[setting]})
    # Where the two do not fit together, Django has more to say.
    (message,) = (message for message in found if message[0].startswith("pairchat."))
    assert message[0] == "pairchat.E015"
    assert f"{setting} is set" in message[2]


def test_messages_of_other_rooms() -> None:
    found = check_host(
        INSTALLED_APPS=with_apps("tests.own_chat", "tests.checks.stray_chat"),
        PAIRCHAT_ROOM_MODEL="own_chat.Room",
        PAIRCHAT_MESSAGE_MODEL="stray_chat.Message",
    )
    assert ids(found) == []
    found = check_host(
        INSTALLED_APPS=with_apps("tests.own_chat", "tests.checks.stray_chat"),
        PAIRCHAT_ROOM_MODEL="stray_chat.Room",
        PAIRCHAT_MESSAGE_MODEL="stray_chat.Message",
    )
    assert ids(found) == ["pairchat.E016"]
    assert '"own_chat.Room"' in found[0][2]


# Constraints


def lost(model: type[models.Model]) -> list[CheckMessage]:
    return [message for message in model.check() if str(message.id).startswith("pairchat.")]


@isolate_apps("tests")
def test_a_room_that_forgets_the_meta_of_its_base() -> None:
    class Room(AbstractRoom):
        class Meta:
            app_label = "tests"

    (message,) = lost(Room)
    assert message.id == "pairchat.E010"
    assert "pair_key" in message.msg
    assert "class Meta(AbstractRoom.Meta):" in str(message.hint)


@isolate_apps("tests")
def test_messages_that_forget_the_meta_of_their_base() -> None:
    class Message(AbstractMessage):
        class Meta:
            app_label = "tests"

    (message,) = lost(Message)
    assert message.id == "pairchat.E011"
    assert "room + seq" in message.msg
    assert "room + side + client_id" in message.msg
    assert "class Meta(AbstractMessage.Meta):" in str(message.hint)


@isolate_apps("tests")
def test_one_constraint_of_two_is_not_enough() -> None:
    class Message(AbstractMessage):
        class Meta(AbstractMessage.Meta):
            app_label = "tests"
            constraints = AbstractMessage.Meta.constraints[:1]

    (message,) = lost(Message)
    assert "room + side + client_id" in message.msg
    assert "room + seq" not in message.msg


@isolate_apps("tests")
def test_a_constraint_that_holds_for_some_rows_only_is_none() -> None:
    class Room(AbstractRoom):
        class Meta(AbstractRoom.Meta):
            app_label = "tests"
            constraints = [
                models.UniqueConstraint(fields=["pair_key"], condition=models.Q(head__gt=0), name="some_rows")
            ]

    assert [message.id for message in lost(Room)] == ["pairchat.E010"]


@isolate_apps("tests")
def test_constraints_may_be_said_in_other_words_and_others_added() -> None:
    class Room(AbstractRoom):
        class Meta(AbstractRoom.Meta):
            app_label = "tests"
            constraints = [models.UniqueConstraint(fields=["topic_key", "pair_key"], name="further")]
            unique_together = [("pair_key",)]

    assert lost(Room) == []


# Columns


@isolate_apps("tests")
def test_a_column_that_must_be_given() -> None:
    class Message(AbstractMessage):
        flagged = models.BooleanField()

        class Meta(AbstractMessage.Meta):
            app_label = "tests"

    (message,) = lost(Message)
    assert message.id == "pairchat.E017"
    assert "Message.flagged" in message.msg
    assert "null=True" in str(message.hint)


@isolate_apps("tests")
def test_columns_that_fill_themselves() -> None:
    class Room(AbstractRoom):
        price = models.PositiveIntegerField(null=True)
        note = models.CharField(max_length=20)
        open = models.BooleanField(default=True)
        rank = models.IntegerField(db_default=0)
        changed = models.DateTimeField(auto_now=True)

        class Meta(AbstractRoom.Meta):
            app_label = "tests"

    assert lost(Room) == []


@isolate_apps("tests")
def test_columns_that_save_may_fill() -> None:
    class Room(AbstractRoom):
        price = models.PositiveIntegerField()

        class Meta(AbstractRoom.Meta):
            app_label = "tests"

        def save(self, *arguments: Any, **options: Any) -> None:
            self.price = 7
            super().save(*arguments, **options)

    assert lost(Room) == []
