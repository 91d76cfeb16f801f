"""An address for an element that sends no header: for one person, one file and five minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from django_pairchat import services
from django_pairchat.authentication import kept
from tests.conftest import People
from tests.support.tokens import TOKENS_AND_SESSIONS, Tokens, token_of

from .conftest import Person


@pytest.fixture(autouse=True)
def tokens(settings: Any, storage_folder: Any) -> Iterator[None]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, **TOKENS_AND_SESSIONS}
    yield
    Tokens.valid.clear()


@pytest.fixture
def seq(minji: Person, photo: bytes) -> int:
    return int(minji.send_file("wallet.jpg", photo)["seq"])


def ask(user: Any, files: Any, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token or token_of(user)}"}
    return Client().post("/chat/api/files/", {"files": files}, content_type="application/json", headers=headers)


def signed(user: Any, key: str, seq: int, kind: str = "url") -> str:
    given = ask(user, [{"room": key, "seq": seq}])
    assert given.status_code == 201, given.content
    address: str = given.json()["files"][0][kind]
    return address


def fetch(address: str, client: Client | None = None, **headers: str) -> Any:
    response = (client or Client()).get(address, headers=headers)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    return response


def is_refused(response: Any) -> bool:
    """What a client without a file is told: to sign in, in the same words whatever was wrong."""
    told = (response.status_code, response.body, response.get("WWW-Authenticate"), response["Cache-Control"])
    return told == (401, b"Sign in to continue.", "Bearer", "no-store")


def test_it_needs_neither_header_nor_cookie(people: People, key: str, seq: int) -> None:
    given = ask(people.juwon, [{"room": key, "seq": seq}]).json()
    assert given["expires_in"] == 300
    [place] = given["files"]
    assert (place["room"], place["seq"]) == (key, seq)
    for address, kind in ((place["url"], "image/jpeg"), (place["thumbnail"], "image/webp")):
        found = fetch(address)
        assert (found.status_code, found["Content-Type"]) == (200, kind)
        assert token_of(people.juwon) not in address
        assert found["Cache-Control"] == "private, no-cache"
        # The page that shows it is of another origin, and what it links to must not learn the address.
        assert (found["Referrer-Policy"], found["Cross-Origin-Resource-Policy"]) == ("no-referrer", "cross-origin")


def test_it_is_for_one_file_only(people: People, minji: Person, key: str, seq: int, photo: bytes) -> None:
    other = minji.send_file("other.jpg", photo)["seq"]
    _path, _mark, proof = signed(people.juwon, key, seq).partition("?")
    for elsewhere in (f"/chat/rooms/{key}/files/{other}/", f"/chat/rooms/{key}/files/{seq}/thumbnail/"):
        assert is_refused(fetch(f"{elsewhere}?{proof}"))


def test_it_proves_nothing_anywhere_else(people: People, key: str, seq: int) -> None:
    _path, _mark, proof = signed(people.juwon, key, seq).partition("?")
    assert Client().get(f"/chat/api/inbox/?{proof}").status_code == 401


def test_it_is_over_after_five_minutes(people: People, key: str, seq: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, now = kept.cache.set, time.time()
    # The cache never forgets it: the address itself is too old.
    monkeypatch.setattr(kept.cache, "set", lambda place, value, _seconds: keep(place, value, None))
    address = signed(people.juwon, key, seq)
    monkeypatch.setattr(signing.time, "time", lambda: now + 299)
    assert fetch(address).status_code == 200
    monkeypatch.setattr(signing.time, "time", lambda: now + 302)
    assert is_refused(fetch(address))


@pytest.mark.parametrize("proof", ["", "nonsense", "a:b:c", "x" * 20_000, "\0", "가:1:2"])
def test_what_nobody_has_signed_is_refused_also_beside_a_cookie(
    people: People, minji: Person, key: str, seq: int, proof: str
) -> None:
    for client in (Client(), minji.client):
        response = client.get(f"/chat/rooms/{key}/files/{seq}/", {"proof": proof})
        response.body = response.content
        assert is_refused(response)


def test_a_proof_tells_nothing_of_what_is_there(people: People, stranger: Person, key: str, seq: int) -> None:
    asked = [{"room": key, "seq": place} for place in (seq, 99)]
    given = ask(people.stranger, asked).json()["files"]
    refused = [fetch(place[kind]) for place in given for kind in ("url", "thumbnail")]
    assert {(each.status_code, each.body) for each in refused} == {(404, refused[0].body)}


def test_it_ends_with_the_token_for_which_it_was_given(people: People, key: str, seq: int) -> None:
    address = signed(people.juwon, key, seq)
    Tokens.valid.clear()
    assert is_refused(fetch(address))


def test_a_deactivated_person_is_out(people: People, key: str, seq: int) -> None:
    address = signed(people.juwon, key, seq)
    people.juwon.is_active = False
    people.juwon.save()
    assert is_refused(fetch(address))


def test_what_is_deleted_or_cleared_is_gone(people: People, key: str, seq: int) -> None:
    address = signed(people.juwon, key, seq)
    services.change_settings(people.juwon, key, cleared=seq)
    assert fetch(address).status_code == 404
    services.delete(people.minji, key, seq)
    assert fetch(signed(people.minji, key, seq)).status_code == 404


def test_a_header_counts_more_and_a_wrong_one_is_refused(people: People, key: str, seq: int) -> None:
    address = signed(people.juwon, key, seq)
    assert is_refused(fetch(address, Authorization="Bearer nonsense"))
    assert fetch(address, Authorization=f"Bearer {token_of(people.stranger)}").status_code == 404


def test_its_requests_are_those_of_the_person(people: People, key: str, seq: int, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"download": (1, 1)}}
    address = signed(people.juwon, key, seq)
    assert [fetch(address).status_code for _time in range(2)] == [200, 429]


def test_the_cache_holds_neither_the_token_nor_the_proof(
    people: People, key: str, seq: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Any] = []
    monkeypatch.setattr(kept.cache, "set", lambda place, value, seconds: held.append((place, value, seconds)))
    address = signed(people.juwon, key, seq)
    assert [seconds for _place, _value, seconds in held] == [300]
    assert token_of(people.juwon) not in repr(held)
    assert address.partition("proof=")[2].partition("%3A")[0] not in repr(held)


def test_those_who_have_a_cookie_need_none(people: People, minji: Person, key: str, seq: int, settings: Any) -> None:
    place = {"files": [{"room": key, "seq": seq}]}
    refused = minji.client.post("/chat/api/files/", place, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    address = signed(people.juwon, key, seq)
    # Where only sessions count, a proof is of no kind that is accepted.
    settings.PAIRCHAT = {name: value for name, value in settings.PAIRCHAT.items() if name != "AUTHENTICATION"}
    assert fetch(address).status_code == 404


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (None, "bad_request"),
        ({}, "bad_request"),
        ([], "bad_request"),
        (["1"], "bad_request"),
        ([{"room": "KEY"}], "bad_request"),
        ([{"room": "KEY", "seq": 0}], "bad_request"),
        ([{"room": "KEY", "seq": True}], "bad_request"),
        ([{"room": "KEY", "seq": 10**18}], "bad_request"),
        ([{"room": "KEY", "seq": 1}] * 101, "bad_request"),
        ([{"room": 1, "seq": 1}], "bad_id"),
        ([{"room": "01", "seq": 1}], "bad_id"),
        ([{"room": "../1", "seq": 1}], "bad_id"),
    ],
)
def test_what_names_no_file_is_refused(people: People, key: str, files: Any, code: str) -> None:
    if isinstance(files, list):
        files = [{**each, "room": key} if isinstance(each, dict) and each["room"] == "KEY" else each for each in files]
    refused = ask(people.minji, files)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, code, "files")


def test_a_hundred_are_signed_at_once_without_looking_for_any(
    people: People, key: str, django_assert_num_queries: Any
) -> None:
    # The one for the user of the token.
    with django_assert_num_queries(1):
        given = ask(people.minji, [{"room": key, "seq": number} for number in range(1, 101)])
    assert len({place["url"] for place in given.json()["files"]}) == 100
