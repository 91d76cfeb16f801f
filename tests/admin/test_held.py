"""The queue of held messages in the admin."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from django_pairchat.exceptions import Held
from django_pairchat.held.models import HeldMessage
from django_pairchat.services import change_settings, history, refuse_held, send_once
from tests.conftest import People
from tests.support.people import make_user
from tests.support.policies import Reviews, chosen

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin.urls")]
QUEUE = "/desk/pairchat_held/heldmessage/"


@pytest.fixture(autouse=True)
def _held(settings: Any, people: People, key: str) -> None:
    settings.PAIRCHAT = chosen(Reviews)
    for text in ("hold one", "hold two"):
        with pytest.raises(Held):
            send_once(people.minji, key, client_id=uuid.uuid4(), content=text)


def signed_in(*codenames: str) -> Client:
    user = make_user("Desk", is_staff=True)
    permissions = Permission.objects.filter(codename__in=codenames, content_type__app_label="pairchat_held")
    user.user_permissions.set(permissions)
    client = Client()
    client.force_login(user)
    return client


def decide(client: Client, action: str, *held: HeldMessage) -> str:
    chosen_rows = [str(each.pk) for each in held]
    response = client.post(QUEUE, {"action": action, "_selected_action": chosen_rows}, follow=True)
    return " ".join(str(message) for message in response.context["messages"])


def test_what_waits_is_listed_with_its_reason_and_cannot_be_changed() -> None:
    client = signed_in("view_heldmessage", "change_heldmessage")
    page = client.get(QUEUE).content.decode()
    assert all(text in page for text in ("hold one", "hold two", "looks like spam"))
    (first, _) = HeldMessage.objects.order_by("pk")
    assert client.get(f"{QUEUE}{first.pk}/change/").status_code == 200
    assert client.post(f"{QUEUE}{first.pk}/change/", {"content": "other"}).status_code == 403


def test_what_waits_comes_before_what_was_refused() -> None:
    refuse_held(HeldMessage.objects.order_by("pk")[0])
    page = signed_in("view_heldmessage").get(QUEUE).content.decode()
    assert page.index("hold two") < page.index("hold one")


def test_staff_release_and_refuse(people: People, key: str) -> None:
    client = signed_in("view_heldmessage", "change_heldmessage")
    first, second = HeldMessage.objects.order_by("pk")
    assert decide(client, "refuse", first) == "1 message was refused."
    assert decide(client, "release", first, second) == "1 message was released."
    assert [message.content for message in history(people.juwon, key).messages] == ["hold two"]
    assert HeldMessage.objects.get().is_refused


def test_what_cannot_be_released_is_said(people: People, key: str) -> None:
    change_settings(people.juwon, key, blocked=True)
    said = decide(signed_in("view_heldmessage", "change_heldmessage"), "release", *HeldMessage.objects.all())
    assert "This is not possible in this chat." in said
    assert HeldMessage.objects.count() == 2


def test_those_who_may_only_look_decide_nothing(people: People, key: str) -> None:
    client = signed_in("view_heldmessage")
    assert "hold one" in client.get(QUEUE).content.decode()
    decide(client, "release", *HeldMessage.objects.all())
    assert HeldMessage.objects.filter(refused_at=None).count() == 2
    assert signed_in().get(QUEUE).status_code == 403
