"""Parts of a file, asked for with numbers that no file has."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from .conftest import Person

LONG_NUMBER = "9" * 5000


@pytest.mark.parametrize("wanted", [f"bytes={LONG_NUMBER}-", f"bytes=-{LONG_NUMBER}", f"bytes=0-{LONG_NUMBER}"])
def test_a_number_too_long_to_be_one_is_no_range(minji: Person, wanted: str) -> None:
    sent = minji.send_file("note.txt", b"Half past six")
    response = minji.get(sent["attachment"]["url"], range=wanted)
    assert (response.status_code, response.body) == (200, b"Half past six")


def test_the_largest_number_that_is_one_is_beyond_the_end(minji: Person) -> None:
    sent = minji.send_file("note.txt", b"Half past six")
    assert minji.get(sent["attachment"]["url"], range=f"bytes={'9' * 18}-").status_code == 416


TEXT = b"Half past six"


@pytest.fixture
def address(minji: Person) -> str:
    url: str = minji.send_file("note.txt", TEXT)["attachment"]["url"]
    return url


def test_what_a_browser_has_is_not_sent_again(minji: Person, juwon: Person, stranger: Person, address: str) -> None:
    first = minji.get(address)
    etag = first["ETag"]
    assert not etag.startswith("W/")
    again = juwon.get(address, if_none_match=etag)
    assert (again.status_code, again.body, again["ETag"]) == (304, b"", etag)
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    assert stranger.get(address, if_none_match=etag).status_code == 404
    assert minji.get(address, if_none_match='"another"').body == TEXT
    assert minji.get(address, if_match='"another"').status_code == 412


def test_each_file_and_its_thumbnail_have_a_tag_of_their_own(minji: Person, photo: bytes) -> None:
    sent = [minji.send_file("wallet.jpg", photo)["attachment"] for _time in range(2)]
    assert len({minji.get(each[kind])["ETag"] for each in sent for kind in ("url", "thumbnail")}) == 4


@pytest.mark.parametrize("by_asgi", [False, True], ids=["WSGI", "ASGI"])
def test_a_download_goes_on_only_with_the_file_that_it_began_with(minji: Person, address: str, by_asgi: bool) -> None:
    def ask(**headers: str) -> tuple[int, bytes]:
        if by_asgi:
            return async_to_sync(ask_by_asgi)(minji, address, headers)
        answer = minji.get(address, **headers)
        return answer.status_code, answer.body

    etag = minji.get(address)["ETag"]
    assert ask(range="bytes=5-8", if_range=etag) == (206, b"past")
    for other in ('"another"', f"W/{etag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert ask(range="bytes=5-8", if_range=other) == (200, TEXT)


async def ask_by_asgi(person: Person, address: str, headers: dict[str, str]) -> tuple[int, bytes]:
    client = AsyncClient()
    client.cookies = person.client.cookies
    answer = await client.get(address, headers=headers)
    return answer.status_code, b"".join([piece async for piece in answer.streaming_content])
