"""What every twin owes: who may ask, how, what is never cached, written, or told apart."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from django_pairchat import get_message_model, get_room_model
from django_pairchat.services import open_room, send
from django_pairchat.services.message_search import search_slots
from django_pairchat.testing import node_options
from django_pairchat.web import api
from tests.conftest import People
from tests.support.counting import counted
from tests.support.people import make_user
from tests.web.api.caller import Caller

UUID_TEXT = "2f7c7d5e-94a5-4f0e-9f0b-0b1c2d3e4f50"


@dataclass(frozen=True)
class Twin:
    """One of the twins with a request that is right but for the room, which each test names."""

    method: str
    name: str
    address: tuple[Any, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)

    def __call__(self, caller: Caller, key: str) -> Any:
        return caller(self.method, self.name, *self.parts(key), **self.body)

    def parts(self, key: str) -> tuple[Any, ...]:
        return tuple(key if part == "ROOM" else part for part in self.address)


TWINS = [
    Twin("GET", "api_inbox"),
    Twin("POST", "api_sync", (), {"rooms": {}}),
    Twin("GET", "api_search"),
    Twin("POST", "api_uploads"),
    Twin("POST", "api_ticket"),
    Twin("POST", "api_files", (), {"files": []}),
    Twin("POST", "api_rooms", (), {"user": "0"}),
    Twin("PATCH", "api_room", ("ROOM",), {"archived": True}),
    Twin("GET", "api_messages", ("ROOM",)),
    Twin("POST", "api_messages", ("ROOM",), {"content": "hello", "client_id": UUID_TEXT}),
    Twin("PATCH", "api_message", ("ROOM", 1), {"content": "hello"}),
    Twin("DELETE", "api_message", ("ROOM", 1)),
    Twin("PUT", "api_reaction", ("ROOM", 1), {"emoji": "👍"}),
    Twin("DELETE", "api_reaction", ("ROOM", 1)),
    Twin("PUT", "api_star", ("ROOM", 1)),
    Twin("DELETE", "api_star", ("ROOM", 1)),
    Twin("GET", "api_stars"),
    Twin("POST", "api_read", ("ROOM",), {"seq": 1}),
    Twin("POST", "api_delivered", ("ROOM",), {"seq": 1}),
    Twin("POST", "api_report", ("ROOM",), {"reason": "rude"}),
]


def each_of(twins: list[Twin]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("twin", twins, ids=[f"{twin.method} {twin.name}" for twin in twins])


every_twin = each_of(TWINS)
twins_of_a_room = each_of([twin for twin in TWINS if twin.address])
writing_twins = each_of([twin for twin in TWINS if twin.method != "GET"])


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (get_room_model(), get_message_model())]


@pytest.fixture
def talk(room: Any, people: People) -> str:
    send(room, people.minji, "hello")
    return str(room.pk)


def test_every_twin_is_listed_here() -> None:
    assert {twin.name for twin in TWINS} == {pattern.name for pattern in api.urlpatterns}


@every_twin
def test_whoever_is_not_signed_in_is_401(nobody: Caller, talk: str, twin: Twin) -> None:
    before = everything()
    with counted() as statements:
        answer = twin(nobody, talk)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer["Cache-Control"] == "no-store"
    assert statements.count == 0
    assert everything() == before


@every_twin
def test_nothing_may_be_kept_by_a_cache(minji: Caller, talk: str, twin: Twin) -> None:
    answer = twin(minji, talk)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "application/json"


@writing_twins
def test_without_a_token_the_refusal_is_one_that_a_program_can_read(people: People, talk: str, twin: Twin) -> None:
    before = everything()
    answer = twin(Caller(people.minji, enforce_csrf_checks=True), talk)
    assert answer.status_code == 403
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")
    assert answer.json() == {"code": "csrf", "message": "This page is out of date. Reload it and try again."}
    assert everything() == before


@writing_twins
def test_a_request_that_no_cookie_has_authenticated_needs_no_token(people: People, talk: str, twin: Twin) -> None:
    caller = Caller(None, enforce_csrf_checks=True)
    with mock.patch.object(AuthenticationMiddleware, "process_request", authenticate_by_token(people.minji)):
        assert twin(caller, talk).json().get("code") != "csrf"


def authenticate_by_token(user: Any) -> Any:
    """What a host's middleware for ``Authorization: Bearer`` does to a request."""

    def process_request(self: Any, request: Any) -> None:
        request.user = user
        request._dont_enforce_csrf_checks = True

    return process_request


@every_twin
def test_a_site_that_asks_everybody_to_log_in_answers_a_program_as_any_other_site(
    talk: str, settings: Any, twin: Twin
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    answer = twin(Caller(None), talk)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@writing_twins
def test_the_token_is_asked_for_although_the_middleware_is_missing(
    people: People, talk: str, settings: Any, twin: Twin
) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "Csrf" not in each]
    answer = twin(Caller(people.minji, enforce_csrf_checks=True), talk)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


@twins_of_a_room
def test_a_room_of_others_and_a_room_that_is_not_there_are_answered_alike(
    stranger: Caller, talk: str, people: People, twin: Twin
) -> None:
    gone = open_room(people.juwon, make_user("Somebody"))
    missing = str(gone.pk)
    gone.delete()
    answers = []
    for asked in (talk, missing):
        with counted() as statements:
            answer = twin(stranger, asked)
        answers.append((answer.status_code, answer.content, dict(answer.headers), statements.count))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert json.loads(answers[0][1])["code"] == "not_found"


@twins_of_a_room
@pytest.mark.parametrize("spelling", ["01", " 1", "1 ", "1.0", "-1", "true", "9" * 40, "x", "x" * 300, "\ud7ff\0"])
def test_a_room_in_another_spelling_is_a_bad_id(minji: Caller, spelling: str, twin: Twin) -> None:
    answer = twin(minji, spelling)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_id", "room")


@pytest.mark.parametrize("seq", ["abc", "-1", "1.5", "9223372036854775808", "1e3", "１", "9" * 40])
@pytest.mark.parametrize(
    ("method", "name"), [("PATCH", "api_message"), ("DELETE", "api_message"), ("PUT", "api_reaction")]
)
def test_a_seq_that_is_none_is_a_bad_request(minji: Caller, talk: str, seq: str, method: str, name: str) -> None:
    answer = minji(method, name, talk, seq, content="x", emoji="👍")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_request", "seq")


@pytest.mark.parametrize(
    "query",
    [
        {"before": "abc"},
        {"before": "-1"},
        {"before": "9223372036854775808"},
        {"before": ""},
        {"limit": "x"},
        {"limit": ""},
        {"limit": "1.5"},
        {"before": "1", "after": "1"},
    ],
)
def test_a_page_that_cannot_be_is_a_bad_request(minji: Caller, talk: str, query: dict[str, str]) -> None:
    answer = minji("GET", "api_messages", talk, query=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(("limit", "number"), [("0", 1), ("-7", 1), ("1000000000", 100), ("3", 3)])
def test_a_limit_is_clamped(minji: Caller, room: Any, people: People, limit: str, number: int) -> None:
    for each in range(103):
        send(room, people.minji, f"number {each}")
    assert len(minji("GET", "api_messages", room.pk, query={"limit": limit}).json()["messages"]) == number


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_frame"),
        (b"{bad", 400, "bad_frame"),
        (b"[]", 400, "bad_frame"),
        (b'{"a":1,"a":2}', 400, "bad_frame"),
        (b'{"a":NaN}', 400, "bad_frame"),
        (b"\xff", 400, "bad_frame"),
        (b"[" * 10_000, 400, "bad_frame"),
        (b" " * 65_537, 413, "too_large"),
        (b'{"content":"' + b"x" * 3_000_000 + b'"}', 413, "too_large"),
    ],
    ids=["empty", "broken", "array", "twice", "NaN", "not UTF-8", "deep", "64 KiB + 1", "3 MB"],
)
def test_a_body_that_cannot_be_read_is_refused(minji: Caller, talk: str, body: bytes, status: int, code: str) -> None:
    before = everything()
    path = minji.path("api_messages", talk)
    answer = minji.client.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything() == before


def test_a_body_without_a_length_is_limited_too(minji: Caller, talk: str) -> None:
    path = minji.path("api_messages", talk)
    body = b'{"content":"' + b"x" * 3_000_000 + b'"}'
    answer = minji.client.post(path, body, content_type="application/json", CONTENT_LENGTH="")
    assert answer.status_code in {400, 413}
    assert get_message_model().objects.count() == 1


@every_twin
def test_another_method_is_405(minji: Caller, talk: str, twin: Twin) -> None:
    answer = minji("OPTIONS", twin.name, *twin.parts(talk))
    assert answer.status_code == 405
    assert twin.method in answer["Allow"].split(", ")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_writes_nothing_at_any_address(people: People, talk: str, method: str) -> None:
    before = everything()
    caller = Caller(people.minji)
    asked = 0
    for pattern in api.urlpatterns:
        parts = {"room": talk, "seq": "1"}
        names = [part for part in parts if f":{part}>" in str(pattern.pattern)]
        answer = caller(method, pattern.name, *(parts[part] for part in names), query={"query": "hello"})
        assert answer.status_code in {200, 405}
        asked += 1
    assert asked == len(api.urlpatterns)
    assert everything() == before


def test_an_error_is_in_the_readers_language(minji: Caller, talk: str) -> None:
    path = minji.path("api_messages", talk)
    korean = minji.client.post(path, b"{", content_type="application/json", HTTP_ACCEPT_LANGUAGE="ko")
    english = minji.client.post(path, b"{", content_type="application/json", HTTP_ACCEPT_LANGUAGE="en")
    assert korean.json()["code"] == english.json()["code"] == "bad_frame"
    assert english.json()["message"] == "The request could not be read."
    assert any("가" <= letter <= "힣" for letter in korean.json()["message"])


def test_a_database_that_is_away_is_503(minji: Caller, talk: str) -> None:
    with mock.patch("django_pairchat.web.api.dispatch", side_effect=OperationalError("gone")):
        answer = minji.says(talk, "hello")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.json()["retry_after"] > 0
    assert answer["Retry-After"]


def test_what_nobody_foresaw_is_500_and_logged_without_the_content(
    minji: Caller, talk: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        mock.patch("django_pairchat.web.api.dispatch", side_effect=ZeroDivisionError("a detail")),
        caplog.at_level("DEBUG"),
    ):
        answer = minji.says(talk, "a private sentence")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert "a detail" not in answer.content.decode()
    assert answer.json()["ref"] in caplog.text
    assert "a private sentence" not in caplog.text


def test_a_browser_with_the_cookie_and_the_header_may_write(people: People, talk: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.minji)
    client.get(f"/chat/rooms/{talk}/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        f"/chat/api/rooms/{talk}/read/", b'{"seq":1}', content_type="application/json", HTTP_X_CSRFTOKEN=token
    )
    assert answer.status_code == 200


def test_a_form_in_place_of_json_cannot_be_read(people: People, key: str) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(people.minji)
    client.get(reverse("pairchat:inbox"))
    path, kind = reverse("pairchat:api_messages", args=[key]), "multipart/form-data; boundary=x"
    token = client.get(reverse("pairchat:room", args=[key])).context["csrf_token"]
    answer = client.generic("POST", path, b"{}", content_type=kind, headers={"x-csrftoken": str(token)})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_cursor_out_of_time_is_a_bad_request(people: People, key: str, moment: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([moment, key]).encode()).decode()
    for name, query in (("api_inbox", {}), ("api_search", {"query": "x"})):
        answer = Caller(people.minji)("GET", name, query={**query, "before": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_length_that_is_no_number_cannot_be_read(people: People, key: str) -> None:
    caller = Caller(people.minji)
    path = caller.path("api_messages", key)
    answer = caller.client.generic("POST", path, b"{}", content_type="application/json", CONTENT_LENGTH="abc")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


def test_a_person_whose_search_is_still_under_way_is_told_to_wait(minji: Caller, juwon: Caller, room: Any) -> None:
    with node_options(search_patience_seconds=0), search_slots().enter(minji.user.pk, 0):
        response = minji("GET", "api_search", query={"query": "hello"})
        assert (response.status_code, response.json()["code"]) == (503, "busy")
        assert int(response["Retry-After"]) >= 1
        assert juwon("GET", "api_search", query={"query": "hello"}).status_code == 200
    assert minji("GET", "api_search", query={"query": "hello"}).status_code == 200


# For whom a request is meant


@every_twin
def test_what_is_meant_for_somebody_else_is_401_and_writes_nothing(
    people: People, juwon: Caller, talk: str, twin: Twin
) -> None:
    before = everything()
    juwon.meant_for = str(people.minji.pk)
    with counted() as statements:
        answer = twin(juwon, talk)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert everything() == before
    # The session and its user are read, and nothing else.
    assert statements.count <= 2


@every_twin
def test_what_is_meant_for_whoever_is_signed_in_is_answered_as_if_it_did_not_say_so(
    people: People, minji: Caller, talk: str, twin: Twin
) -> None:
    minji.meant_for = str(people.minji.pk)
    assert twin(minji, talk).status_code != 401


def test_a_key_that_a_header_cannot_carry_is_percent_encoded(people: People, minji: Caller, talk: str) -> None:
    minji.meant_for = "".join(f"%{byte:02X}" for byte in str(people.minji.pk).encode())
    assert minji("GET", "api_messages", talk).status_code == 200


def test_a_number_in_place_of_a_key_is_refused_with_what_a_key_is(minji: Caller, people: People) -> None:
    answer = minji("POST", "api_rooms", user=7)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_id", "user")
    assert answer.json()["message"] == "An ID is a text, exactly as the server gave it."
