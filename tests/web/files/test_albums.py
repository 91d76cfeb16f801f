"""Photos that are sent together: one album for clients that know it, single photos for all others."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from django_pairchat import get_message_model
from tests.web.pages.browser import parse

from .conftest import Person

FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def post(person: Person, *files: tuple[str, bytes], **fields: Any) -> Any:
    chosen = [SimpleUploadedFile(name, content) for name, content in files]
    form = {"client_id": str(uuid.uuid4()), "content": "", "reply_to": "", **fields, "file": chosen}
    return person.client.post(f"/chat/rooms/{person.key}/send/", form)


def stored() -> list[Any]:
    return list(get_message_model().objects.order_by("seq"))


def names() -> list[str]:
    return [message.attachment_info["name"] for message in stored()]


def tiles_of(person: Person) -> list[str | None]:
    page = parse(person.get(f"/chat/rooms/{person.key}/").body.decode())
    return [item.attrs.get("data-tile") or None for item in page.all("li", data_seq=True)]


def send(person: Person, photo: bytes, name: str, **more: Any) -> Any:
    upload = person.upload(name, photo).json()["upload"]
    body = {"client_id": str(uuid.uuid4()), "content": "", "attachment": upload, **more}
    return person.client.post(f"/chat/api/rooms/{person.key}/messages/", body, content_type="application/json")


def test_the_album_of_a_photo_is_in_answers_and_history(minji: Person, juwon: Person, photo: bytes) -> None:
    sent = [send(minji, photo, f"{name}.jpg", album=FIRST).json()["message"] for name in "ab"]
    alone = send(minji, photo, "c.jpg").json()["message"]
    assert [message["album"] for message in [*sent, alone]] == [FIRST, FIRST, None]
    page = juwon.client.get(f"/chat/api/rooms/{juwon.key}/messages/").json()
    assert [message["album"] for message in page["messages"]] == [FIRST, FIRST, None]


def test_a_text_has_no_album_and_an_album_is_a_uuid(minji: Person, photo: bytes) -> None:
    body = {"client_id": FIRST, "content": "only words", "album": SECOND}
    url = f"/chat/api/rooms/{minji.key}/messages/"
    assert minji.client.post(url, body, content_type="application/json").json()["message"]["album"] is None
    refused = send(minji, photo, "a.jpg", album="holiday")
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, "bad_id", "album")


def test_the_page_shows_an_album_as_a_grid_and_what_is_deleted_keeps_its_place(
    minji: Person, juwon: Person, photo: bytes
) -> None:
    for name in "abc":
        send(minji, photo, f"{name}.jpg", album=FIRST)
    send(minji, photo, "d.jpg", album=SECOND)
    three = ["full start end top", "half start bottom", "half end bottom"]
    assert tiles_of(juwon) == [*three, None]
    minji.client.delete(f"/chat/api/rooms/{minji.key}/messages/2/")
    assert tiles_of(juwon) == [*three, None]
    assert [message.is_deleted for message in stored()] == [False, True, False, False]


def test_what_comes_in_between_parts_an_album(minji: Person, juwon: Person, photo: bytes) -> None:
    send(minji, photo, "a.jpg", album=FIRST)
    juwon.send_file("b.txt", b"in between")
    send(minji, photo, "c.jpg", album=FIRST)
    assert tiles_of(juwon) == [None, None, None]
    # The other person's photos are never part of it.
    send(juwon, photo, "d.jpg", album=FIRST)
    assert tiles_of(juwon) == [None] * 4


def test_a_form_sends_several_photos_as_an_album_and_the_text_with_the_first(
    minji: Person, juwon: Person, photo: bytes
) -> None:
    client_id = str(uuid.uuid4())
    files = [("a.jpg", photo), ("notes.txt", b"x"), ("c.jpg", photo)]
    for _ in range(2):
        # Submitted twice.
        answer = post(minji, *files, client_id=client_id, content="look")
        assert (answer.status_code, answer["Location"]) == (302, f"/chat/rooms/{minji.key}/#m-3")
    assert names() == ["a.jpg", "notes.txt", "c.jpg"]
    assert [message.content for message in stored()] == ["look", "", ""]
    assert [str(message.album) for message in stored()] == [client_id, "None", client_id]
    page = parse(minji.get(f"/chat/rooms/{minji.key}/").body.decode())
    assert page.one("input", data_pc_slot="file")["multiple"] == ""


def test_of_a_form_with_a_kind_that_is_refused_nothing_is_sent(minji: Person, photo: bytes) -> None:
    refused = post(minji, ("a.jpg", photo), ("page.html", b"<p>"), content="kept")
    assert refused.status_code == 400
    page = parse(refused.content.decode())
    assert "choose it again" in page.slot("error").text
    assert page.slot("input").text == "kept"
    assert stored() == []


def test_of_a_form_with_a_broken_photo_those_before_it_are_sent_and_the_page_says_which_not(
    minji: Person, photo: bytes
) -> None:
    refused = post(minji, ("a.jpg", photo), ("b.jpg", b"no picture"), ("c.jpg", photo), content="look")
    assert refused.status_code == 400
    page = parse(refused.content.decode())
    assert page.slot("error").text.startswith("b.jpg: This kind of file cannot be sent here.")
    # The text has gone with the first one.
    assert page.slot("input").text == ""
    assert (names(), stored()[0].content) == (["a.jpg"], "look")


@pytest.mark.parametrize("count", [10, 11])
def test_a_form_takes_ten_files_at_once(minji: Person, count: int) -> None:
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FILES=100):
        answer = post(minji, *[(f"{number}.txt", b"x") for number in range(count)])
    if count <= 10:
        assert (answer.status_code, len(stored())) == (302, count)
    else:
        assert answer.status_code == 422
        assert "Choose at most 10 files at once." in parse(answer.content.decode()).slot("error").text
        assert stored() == []


def test_a_stranger_learns_nothing_from_several_files(stranger: Person, photo: bytes) -> None:
    assert post(stranger, ("a.jpg", photo), ("page.html", b"<p>")).status_code == 404
