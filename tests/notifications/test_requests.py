"""A person's settings over the socket and HTTP: the same answers as the page, and the same refusals."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.urls import reverse

from django_pairchat.notifications.models import NotificationSettings
from django_pairchat.notifications.requests import ChangeNotifications, Notifications, register
from django_pairchat.notifications.services import (
    InvalidSettingError,
    change_notification_settings,
    notification_settings,
)
from django_pairchat.protocol import extensions, requests
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.conftest import People
from tests.web.api.caller import Caller

DEFAULT = {
    "channels": [{"channel": "mail", "label": "E-mail", "on": True}],
    "archived": False,
    "quiet": None,
    "time_zone": "",
    "language": "",
}
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    yield
    stop_live_threads()


@pytest.fixture(params=["socket", "HTTP"])
async def ask(request: pytest.FixtureRequest, threads: None, people: People) -> Any:
    """Minji's requests, by both ways; gives the fields of the answer."""
    if request.param == "HTTP":
        client = AsyncClient()
        await client.aforce_login(people.minji)

        async def over_http(type: str, **fields: Any) -> dict[str, Any]:
            method = "POST" if type == "change_notifications" else "GET"
            body = json.dumps(fields).encode() if method == "POST" else b""
            answer = await client.generic(
                method, reverse("pairchat_notifications:api"), body, content_type="application/json"
            )
            return json.loads(answer.content)

        yield over_http
        return
    async with ChatCommunicator(people.minji) as socket:

        async def over_socket(type: str, **fields: Any) -> dict[str, Any]:
            frame = await socket.request(type, **fields)
            return {name: value for name, value in frame.items() if name not in ("type", "id")}

        yield over_socket


async def test_a_person_without_choices_has_the_sites(ask: Ask) -> None:
    assert await ask("notifications") == {"notifications": DEFAULT}
    assert not await NotificationSettings.objects.aexists()


async def test_what_is_named_is_changed_and_answered_and_kept(ask: Ask, people: People) -> None:
    changes = {
        "archived": True,
        "quiet": {"from": "22:00", "until": "07:30"},
        "time_zone": "Asia/Seoul",
        "language": "ko",
    }
    wanted = {**DEFAULT, **changes, "channels": [{"channel": "mail", "label": "E-mail", "on": False}]}
    answer = await ask("change_notifications", channels={"mail": False}, **changes)
    assert answer == {"notifications": wanted}
    assert await ask("notifications") == answer
    person = await sync_to_async(notification_settings)(people.minji)
    assert (person.wants("mail"), person.settings.quiet_from, person.settings.quiet_until) == (
        False,
        time(22),
        time(7, 30),
    )
    # What is not named stays; null and "" are values.
    answer = await ask("change_notifications", quiet=None, language="")
    assert answer == {"notifications": {**wanted, "quiet": None, "language": ""}}
    assert await ask("change_notifications") == answer
    stranger = await sync_to_async(notification_settings)(people.juwon)
    assert stranger.wants("mail")


REFUSED: list[tuple[str, Any]] = [
    ("channels", {"pigeon": True}),
    ("channels", {"mail": "no"}),
    ("channels", {"mail": None}),
    ("channels", ["mail"]),
    ("channels", None),
    ("channels", {"\0": True}),
    ("channels", {str(number): True for number in range(100)}),
    ("archived", "yes"),
    ("archived", None),
    ("quiet", {"from": "22:00"}),
    ("quiet", {"from": "22:00", "until": None}),
    ("quiet", {"from": "22:00", "until": "24:00"}),
    ("quiet", {"from": "22:00", "until": "7"}),
    ("quiet", {"from": "22:00", "until": "07:00", "on": "Monday"}),
    ("quiet", ["22:00", "07:00"]),
    ("quiet", False),
    ("time_zone", "Middle/Earth"),
    ("time_zone", "../../etc/passwd"),
    ("time_zone", "Asia/Seoul\0"),
    ("time_zone", None),
    ("time_zone", "x" * 60_000),
    ("time_zone", "\ud800"),
    ("time_zone", "Asia"),
    ("language", "tlh"),
    ("language", 7),
    ("language", "\ud800"),
]


async def test_what_cannot_be_is_refused_and_nothing_is_changed(ask: Ask) -> None:
    before = await ask("change_notifications", archived=True, time_zone="Asia/Seoul")
    for name, value in REFUSED:
        answer = await ask("change_notifications", **{"archived": False, "channels": {"mail": False}, name: value})
        assert (answer.get("code"), answer.get("field")) == ("bad_request", name), (name, value, answer)
        assert await ask("notifications") == before, (name, value)


async def test_both_are_charged_to_the_limit_of_settings(ask: Ask, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"settings": (1, 2)}}
    assert "notifications" in await ask("notifications")
    assert "notifications" in await ask("change_notifications", archived=True)
    for kind in ("notifications", "change_notifications"):
        answer = await ask(kind)
        assert answer["code"] == "rate_limited"
        assert answer["retry_after"] > 0


async def test_the_page_shows_what_was_changed_so(ask: Ask, people: People) -> None:
    await ask("change_notifications", channels={"mail": False}, quiet={"from": "22:00", "until": "07:30"})
    client = AsyncClient()
    await client.aforce_login(people.minji)
    page = await client.get(reverse("pairchat_notifications:settings"))
    form = page.context["form"]
    assert (form["channel_mail"].value(), form["quiet_from"].value()) == (False, time(22))


# Over HTTP, the rules of every endpoint


@pytest.fixture
def minji(people: People) -> Caller:
    return Caller(people.minji)


@pytest.fixture
def path() -> str:
    return reverse("pairchat_notifications:api")


def test_nobody_gets_an_answer_without_being_signed_in(db: None, path: str) -> None:
    for method in ("GET", "POST"):
        answer = Caller(None).send(method, path, {})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_a_request_that_was_meant_for_somebody_else_does_nothing(minji: Caller, people: People, path: str) -> None:
    minji.meant_for = str(people.juwon.pk)
    for method in ("GET", "POST"):
        answer = minji.send(method, path, {"archived": True})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert not NotificationSettings.objects.exists()
    minji.meant_for = str(people.minji.pk)
    assert minji.send("POST", path, {"archived": True}).json()["notifications"]["archived"] is True


def test_a_change_needs_the_token_against_forged_requests(people: People, path: str) -> None:
    careful = Caller(people.minji, enforce_csrf_checks=True)
    assert careful.send("GET", path).status_code == 200
    answer = careful.send("POST", path, {"archived": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert not NotificationSettings.objects.exists()


def test_a_look_writes_nothing_and_is_not_stored_by_caches(minji: Caller, path: str) -> None:
    answer = minji.send("GET", path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not NotificationSettings.objects.exists()
    answer = minji.send("PATCH", path, {"archived": True})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    answer = minji.send("POST", path, "no object")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_the_label_of_a_channel_is_in_the_language_of_the_request(minji: Caller, path: str) -> None:
    minji.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ko"
    assert minji.send("GET", path).json()["notifications"]["channels"][0]["label"] != "E-mail"


# The protocol without the app, and with others


async def test_the_feature_tells_whether_the_app_is_installed(
    threads: None, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = ChatCommunicator(people.minji)
    assert "notifications" in (await socket.connect())["features"]
    await socket.disconnect()
    monkeypatch.setattr(extensions, "FEATURES", [])
    monkeypatch.setattr(requests, "ADDED", {})
    socket = ChatCommunicator(people.minji)
    assert "notifications" not in (await socket.connect())["features"]
    for kind in ("notifications", "change_notifications"):
        assert (await socket.request(kind))["code"] == "unsupported"
    await socket.disconnect()


def test_an_app_cannot_take_the_name_of_another_request() -> None:
    for taken in ("send", "open", "notifications"):
        other = type("Other", (requests.Request,), {"type": taken, "__slots__": ()})
        with pytest.raises(ValueError, match=taken):
            extensions.add_feature("other", {other: lambda user, request: {}})
    assert "other" not in extensions.FEATURES
    features, added = list(extensions.FEATURES), dict(requests.ADDED)
    register()
    assert (features, added) == (extensions.FEATURES, requests.ADDED)
    assert {"notifications": Notifications, "change_notifications": ChangeNotifications} == requests.ADDED


def test_services_say_which_setting_cannot_be(people: People) -> None:
    for name, value in (("channels", {"pigeon": True}), ("time_zone", "Middle/Earth"), ("language", "tlh")):
        with pytest.raises(InvalidSettingError) as caught:
            change_notification_settings(people.minji, **{name: value})
        assert isinstance(caught.value, ValueError)
        assert caught.value.field == name
