"""A client without cookies proves itself by a header, which never falls back to a cookie."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from django_pairchat import get_message_model
from tests.conftest import People
from tests.support.tokens import TOKENS_AND_SESSIONS, Tokens, token_of

WITHOUT_SESSIONS = {"AUTHENTICATION": TOKENS_AND_SESSIONS["AUTHENTICATION"][:1]}


@pytest.fixture(autouse=True)
def tokens(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.PAIRCHAT = {**getattr(settings, "PAIRCHAT", {}), **TOKENS_AND_SESSIONS}
    settings.MEDIA_ROOT = str(tmp_path)
    yield
    Tokens.valid.clear()


def strict_client(user: Any = None) -> Client:
    """A browser as it is, which needs Django's token for every write."""
    client = Client(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user)
    return client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def write(client: Client, key: str, **headers: str) -> Any:
    body = {"client_id": str(uuid.uuid4()), "content": "hello"}
    return client.post(f"/chat/api/rooms/{key}/messages/", body, content_type="application/json", headers=headers)


def messages() -> list[Any]:
    return list(get_message_model().objects.order_by("seq"))


def test_a_header_is_enough_to_write_and_to_read(people: People, key: str) -> None:
    client, headers = strict_client(), bearer(token_of(people.minji))
    assert write(client, key, **headers).status_code == 201
    read = client.get(f"/chat/api/rooms/{key}/messages/", headers=headers).json()["messages"]
    assert [(each["content"], each["sender"]) for each in read] == [("hello", str(people.minji.pk))]


def test_a_cookie_alone_still_needs_the_token_of_its_session(people: People, key: str) -> None:
    refused = write(strict_client(people.minji), key)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert messages() == []


def test_a_proof_that_nothing_in_the_list_reads_never_falls_back_to_the_cookie(people: People, key: str) -> None:
    refused = write(strict_client(people.minji), key, Authorization="Token 9944b09199c62bcf9418ad846dd0e4bb")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert messages() == []


@pytest.mark.parametrize("token", ["nonsense", "", "x" * 10_000])
def test_a_wrong_header_never_falls_back_to_the_cookie(people: People, key: str, token: str) -> None:
    client = strict_client(people.minji)
    refused = write(client, key, **bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused["WWW-Authenticate"] == "Bearer"
    assert client.get(f"/chat/api/rooms/{key}/messages/", headers=bearer(token)).status_code == 401
    assert messages() == []


def test_a_header_counts_more_than_the_cookie_of_somebody_else(people: People, key: str) -> None:
    write(strict_client(people.minji), key, **bearer(token_of(people.juwon)))
    assert [message.sender_id for message in messages()] == [people.juwon.pk]


def test_what_a_proxy_wants_of_a_browser_is_no_proof_for_the_chat(people: People, key: str) -> None:
    answered = strict_client(people.minji).get("/chat/api/inbox/", headers={"Authorization": "Basic c3RhZ2luZw=="})
    assert answered.status_code == 200


def test_a_class_that_reads_cookies_too_gets_none(people: People, key: str, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": ["tests.support.tokens.Careless"]}
    client = strict_client()
    client.cookies["token"] = token_of(people.minji)
    assert client.get("/chat/api/inbox/").status_code == 401
    assert write(client, key).status_code == 401
    assert messages() == []
    assert write(client, key, **bearer(client.cookies["token"].value)).status_code == 201


def test_a_deactivated_person_is_refused_as_a_stranger_is(people: People, key: str) -> None:
    headers = bearer(token_of(people.minji))
    people.minji.is_active = False
    people.minji.save()
    refused, nonsense = write(strict_client(), key, **headers), write(strict_client(), key, **bearer("nonsense"))
    assert (refused.status_code, refused.content) == (401, nonsense.content)


def test_the_token_of_somebody_else_opens_no_room(people: People, key: str) -> None:
    assert write(strict_client(), key, **bearer(token_of(people.stranger))).status_code == 404


def test_files_go_by_the_header_too(people: People, key: str) -> None:
    client, headers = strict_client(), bearer(token_of(people.minji))
    file = SimpleUploadedFile("note.txt", b"Half past six")
    upload = client.post("/chat/api/uploads/", {"room": key, "file": file}, headers=headers)
    assert upload.status_code == 201, upload.content
    body = {"client_id": str(uuid.uuid4()), "content": "", "attachment": upload.json()["upload"]}
    sent = client.post(
        f"/chat/api/rooms/{key}/messages/", body, content_type="application/json", headers=headers
    ).json()
    url = sent["message"]["attachment"]["url"]
    assert b"".join(client.get(url, headers=bearer(token_of(people.juwon))).streaming_content) == b"Half past six"
    assert client.get(url, headers=bearer(token_of(people.stranger))).status_code == 404
    refused = strict_client(people.minji).get(url, headers=bearer("nonsense"))
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xe9"]
)
def test_a_form_that_cannot_be_read_is_no_fault_of_the_server(people: People, kind: str) -> None:
    headers = bearer(token_of(people.minji))
    refused = strict_client().generic("POST", "/chat/api/uploads/", b"--x--", content_type=kind, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame")


def test_without_the_session_in_the_list_a_cookie_proves_nothing(people: People, key: str, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, **WITHOUT_SESSIONS}
    refused = strict_client(people.minji).get("/chat/api/inbox/")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    # So that a client whose token is missing gets another one.
    assert write(strict_client(people.minji), key).json()["code"] == "unauthenticated"
    answered = strict_client(people.minji).get("/chat/api/inbox/", headers=bearer(token_of(people.juwon)))
    assert answered.status_code == 200


def test_with_sessions_only_a_header_changes_nothing(people: People, key: str, settings: Any) -> None:
    settings.PAIRCHAT = {name: value for name, value in settings.PAIRCHAT.items() if name != "AUTHENTICATION"}
    headers = bearer(token_of(people.juwon))
    answered = strict_client(people.minji).get(f"/chat/api/rooms/{key}/messages/", headers=headers)
    assert answered.status_code == 200
    assert strict_client().get(f"/chat/api/rooms/{key}/messages/", headers=headers).status_code == 401


def test_a_ticket_is_for_those_who_have_a_header(people: People) -> None:
    client = Client()
    client.force_login(people.minji)
    assert client.post("/chat/api/ticket/").json()["code"] == "bad_request"
    assert client.get("/chat/api/ticket/").status_code == 405
    given = strict_client().post("/chat/api/ticket/", headers=bearer(token_of(people.minji)))
    assert (given.status_code, given.json()["expires_in"]) == (201, 30)
    assert strict_client().post("/chat/api/ticket/", headers=bearer("nonsense")).status_code == 401
