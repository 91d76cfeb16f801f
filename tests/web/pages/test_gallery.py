"""The photos, files and links of a chat, page by page, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_pairchat import get_message_model, services
from django_pairchat.exceptions import BadRequest
from django_pairchat.policy import Policy, get_policy
from django_pairchat.services.gallery import GALLERY_SIZE
from django_pairchat.testing import node_options

from .browser import Browser, Page

PHOTO = {"name": "a.jpg", "type": "image/jpeg", "size": 9, "width": 40, "height": 30}
FILM = {"name": "film.mp4", "type": "video/mp4", "size": 9, "width": None, "height": None}
NOTES = {"name": "notes.txt", "type": "text/plain", "size": 9, "width": None, "height": None}


def bring(room: Any, user: Any, text: str = "", info: dict[str, Any] | None = None) -> int:
    message = services.send(room, user, text or "a file")
    if info is not None:
        changes = {"kind": "file", "content": text, "attachment": f"pairchat/{message.seq}", "attachment_info": info}
        get_message_model().objects.filter(pk=message.pk).update(**changes)
    return int(message.seq)


def seqs(page: Page) -> list[int]:
    return [int(item["data-watch"]) for item in page.root.all("li", data_watch=True)]


@pytest.fixture
def mixed(room: Any, minji: Any, juwon: Any) -> dict[str, int]:
    """One message of each kind, by what it is."""
    return {
        "photo": bring(room, minji, info=PHOTO),
        "words": bring(room, juwon, "nothing to see"),
        "link": bring(room, juwon, "look: HTTPS://example.com/a?b=1"),
        "film": bring(room, juwon, info=FILM),
        "notes": bring(room, minji, "with words", info=NOTES),
    }


def test_the_menu_of_a_chat_leads_to_its_photos_files_and_links(
    at_minji: Browser, mixed: dict[str, int], key: str
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").follow("Photos, files and links")
    assert seqs(page) == [mixed["film"], mixed["photo"]]
    assert page.link("Photos and videos")["aria-current"] == "page"
    page = page.follow("Files")
    assert seqs(page) == [mixed["notes"]]
    assert page.root.one(data_pc_part="file")["download"] == "notes.txt"
    page = page.follow("Links")
    assert seqs(page) == [mixed["link"]]
    assert page.link("HTTPS://example.com/a?b=1")["rel"] == "noopener noreferrer nofollow ugc"
    assert page.link("Show in chat")["href"] == f"/chat/rooms/{key}/?around={mixed['link']}#m-{mixed['link']}"


@pytest.mark.parametrize("tab", ["photos", "files", "links"])
def test_what_is_deleted_or_cleared_away_is_not_there(room: Any, minji: Any, juwon: Any, key: str, tab: str) -> None:
    at_minji, at_juwon = Browser(minji), Browser(juwon)
    info = {"photos": PHOTO, "files": NOTES, "links": None}[tab]
    first, second, third = (bring(room, minji, "http://a.example", info) for _ in range(3))
    url = f"/chat/rooms/{key}/gallery/?tab={tab}"
    services.delete(minji, key, third)
    services.change_settings(juwon, key, cleared=first)
    assert seqs(at_minji.open(url)) == [second, first]
    assert seqs(at_juwon.open(url)) == [second]
    # A block ends the writing, not the reading.
    services.change_settings(minji, key, blocked=True)
    assert seqs(at_juwon.open(url)) == [second]


def test_pages_follow_each_other_and_lose_nothing(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    sent = [bring(room, minji, info=PHOTO) for _ in range(GALLERY_SIZE + 2)]
    page = at_minji.open(f"/chat/rooms/{key}/gallery/")
    assert seqs(page) == sent[:1:-1]
    page = page.follow("Show older")
    assert seqs(page) == sent[1::-1]
    with pytest.raises(AssertionError):
        page.link("Show older")


def test_a_page_whose_time_is_over_goes_on_from_there(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    photo = bring(room, minji, info=PHOTO)
    for _ in range(4):
        bring(room, minji, "words")
    with node_options(search_step=2, search_page_seconds=0):
        page = at_minji.open(f"/chat/rooms/{key}/gallery/")
        assert "Nothing found so far." in page.text
        for _ in range(2):
            page = page.follow("Show older")
    assert seqs(page) == [photo]


def test_only_the_two_people_see_it_and_only_what_it_gave(
    at_sora: Browser, minji: Any, room: Any, mixed: dict[str, int], key: str
) -> None:
    away = at_sora.open(f"/chat/rooms/{key}/gallery/")
    assert away.status == 404
    assert Browser(minji).open(f"/chat/rooms/{key}/gallery/?tab=secrets").status == 400
    assert Browser(minji).open(f"/chat/rooms/{key}/gallery/?before=abc").status == 400
    with pytest.raises(BadRequest):
        services.gallery(minji, room, "secrets")


@pytest.mark.parametrize("tab", ["photos", "files", "links"])
def test_a_page_asks_as_often_whatever_is_on_it(room: Any, minji: Any, key: str, tab: str) -> None:
    for number in range(60):
        bring(room, minji, f"http://a.example/{number}", [PHOTO, NOTES, None][number % 3])
    client = Client()
    client.force_login(minji)
    client.get(f"/chat/rooms/{key}/gallery/?tab={tab}")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/chat/rooms/{key}/gallery/?tab={tab}").status_code == 200
    # The session, the person, the room, the messages.
    asked_by_the_policy = int(type(get_policy()).profiles is not Policy.profiles)
    assert len(queries) == 4 + asked_by_the_policy, [query["sql"] for query in queries]


def test_a_moment_of_each_item_is_in_the_page(at_minji: Browser, mixed: dict[str, int], key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/gallery/?tab=files")
    (moment,) = page.root.all("time")
    assert moment["datetime"].startswith(str(timezone.now().year))
