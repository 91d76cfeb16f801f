"""A message with a link gets a preview after it was sent, as long as it fits, and as long as its sender wants it."""

from __future__ import annotations

import os
import signal
import uuid
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from django_pairchat import get_message_model, services
from django_pairchat.exceptions import CannotSend
from django_pairchat.previews.management.commands import pairchat_fetch_previews
from django_pairchat.previews.models import LinkPreview, PreviewWish
from django_pairchat.previews.services import PreviewsResult, fetch_previews, request_preview
from django_pairchat.signals import message_sent
from tests.conftest import People

from .conftest import OneSite
from .site import Site, respond

PAGE = """<meta property="og:title" content="Umbrella"><meta property="og:description" content="Black">
<meta property="og:site_name" content="Site"><meta property="og:image" content="/photo.png">"""
TEXT = "Look: http://site.example/page."


@pytest.fixture
def page(site: Site, allowed: None) -> Site:
    picture = BytesIO()
    Image.new("RGB", (900, 600), "#557755").save(picture, "PNG")
    site.page("/page", PAGE)
    site.page("/photo.png", picture.getvalue(), "image/png")
    return site


def stored(message: Any) -> Any:
    return get_message_model()._default_manager.get(pk=message.pk)


def send(room: Any, sender: Any, text: str, django_capture_on_commit_callbacks: Any) -> Any:
    with django_capture_on_commit_callbacks(execute=True):
        return services.send(room, sender, text)


@pytest.fixture
def linked(page: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any) -> Any:
    return send(room, people.minji, TEXT, django_capture_on_commit_callbacks)


def test_the_worker_gives_a_message_its_preview(linked: Any, page: Site, room: Any, people: People) -> None:
    # Sending itself asks nobody.
    assert page.asked == []
    assert fetch_previews() == PreviewsResult(shown=1)
    assert page.paths == ["/page", "/photo.png"]
    after = stored(linked)
    assert after.data["preview"] == {
        "url": "http://site.example/page",
        "title": "Umbrella",
        "description": "Black",
        "site": "Site",
        "image": {"width": 900, "height": 600},
    }
    # A step of the room like any other: a client that was away gets it with the rest.
    room.refresh_from_db()
    assert after.rev == room.rev > linked.rev
    assert after.edited_at is None
    assert PreviewWish.objects.count() == 0
    # The picture is for the two people of the room, and not what the page has sent.
    address = f"/chat/previews/{room.pk}/{linked.seq}/"
    client = Client()
    assert client.get(address).status_code == 404
    client.force_login(people.stranger)
    assert client.get(address).status_code == 404
    client.force_login(people.juwon)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert Image.open(BytesIO(answer.content)).size == (640, 427)


def test_a_second_link_to_a_page_asks_it_no_more(
    linked: Any, page: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any
) -> None:
    fetch_previews()
    again = send(room, people.juwon, TEXT, django_capture_on_commit_callbacks)
    assert fetch_previews() == PreviewsResult(shown=1)
    assert stored(again).data == stored(linked).data
    assert page.paths.count("/page") == 1


@pytest.mark.parametrize(
    "text", ["http://other.example/page", "http://site.example/once/abc", "mailto:a@b.example", "no"]
)
def test_what_the_policy_does_not_allow_is_not_even_noted(
    page: Site, room: Any, people: People, text: str, django_capture_on_commit_callbacks: Any
) -> None:
    send(room, people.minji, text, django_capture_on_commit_callbacks)
    assert PreviewWish.objects.count() == 0


def test_without_a_policy_there_are_none(
    site: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any
) -> None:
    send(room, people.minji, TEXT, django_capture_on_commit_callbacks)
    assert (PreviewWish.objects.count(), fetch_previews().total, site.asked) == (0, 0, [])
    # A send costs nothing for it: for a receiver, each message would be read back.
    assert not message_sent.has_listeners(get_message_model())


def test_a_link_that_works_once_is_used_only_if_its_sender_wants(
    page: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any
) -> None:
    page.page("/once/abc", PAGE)
    page.redirect("/to-once", "/once/abc")
    led = send(room, people.minji, "http://site.example/to-once", django_capture_on_commit_callbacks)
    assert fetch_previews() == PreviewsResult(without=1)
    assert (page.paths, stored(led).data) == (["/to-once"], None)
    message = send(room, people.minji, "http://site.example/once/abc", django_capture_on_commit_callbacks)
    with pytest.raises(CannotSend):
        request_preview(people.juwon, room, message)
    request_preview(people.minji, room, message)
    assert fetch_previews() == PreviewsResult(shown=1)
    assert stored(message).data["preview"]["title"] == "Umbrella"


def test_the_sender_asks_by_a_button_if_the_policy_has_it(
    page: Site,
    room: Any,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    page.page("/once/abc", PAGE)
    message = send(room, people.minji, "http://site.example/once/abc", django_capture_on_commit_callbacks)
    clients = Client(), Client()
    for client, person in zip(clients, (people.minji, people.juwon), strict=True):
        client.force_login(person)
    mine, other = clients
    at, wish = f"/chat/rooms/{room.pk}/messages/{message.seq}/", f"/chat/previews/{room.pk}/{message.seq}/wish/"
    assert wish not in mine.get(at).content.decode()
    assert mine.post(wish).status_code == 403
    monkeypatch.setattr(OneSite, "previews_on_request", True)
    assert wish in mine.get(at).content.decode()
    assert wish not in other.get(at).content.decode()
    assert other.post(wish).status_code == 403
    assert (fetch_previews().total, page.asked) == (0, [])
    assert mine.post(wish)["Location"].endswith(f"#m-{message.seq}")
    assert fetch_previews() == PreviewsResult(shown=1)
    assert wish not in mine.get(at).content.decode()


def test_a_block_keeps_previews_away(
    linked: Any, page: Site, room: Any, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OneSite, "previews_on_request", True)
    services.change_settings(people.juwon, str(room.pk), blocked=True)
    assert fetch_previews().shown == 0
    client = Client()
    client.force_login(people.minji)
    assert client.post(f"/chat/previews/{room.pk}/{linked.seq}/wish/").status_code == 403
    assert "wish" not in client.get(f"/chat/rooms/{room.pk}/messages/{linked.seq}/").content.decode()
    assert stored(linked).data is None


def test_what_was_asked_for_one_link_is_not_done_with_another(
    linked: Any,
    room: Any,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(OneSite, "previews_on_request", True)
    request_preview(people.minji, str(room.pk), linked.seq)
    with django_capture_on_commit_callbacks(execute=True):
        services.edit(people.minji, str(room.pk), linked.seq, "http://site.example/once/abc")
    assert fetch_previews().total == 0


def test_a_picture_that_is_gone_stays_with_those_who_have_it(
    linked: Any,
    page: Site,
    room: Any,
    people: People,
    django_capture_on_commit_callbacks: Any,
) -> None:
    fetch_previews()
    LinkPreview.objects.update(fetched_at=timezone.now() - timedelta(days=2))
    page.answers["/page"] = lambda handler: respond(handler, 403, b"", {})
    send(room, people.juwon, TEXT, django_capture_on_commit_callbacks)
    fetch_previews()
    client = Client()
    client.force_login(people.juwon)
    assert client.get(f"/chat/previews/{room.pk}/{linked.seq}/").status_code == 200


def test_it_is_on_the_page_and_its_sender_removes_it(linked: Any, room: Any, people: People) -> None:
    fetch_previews()
    client, other = Client(), Client()
    client.force_login(people.minji)
    other.force_login(people.juwon)
    url = f"/chat/rooms/{room.pk}/"
    shown = client.get(url).content.decode()
    assert ('href="http://site.example/page"' in shown, "Umbrella" in shown) == (True, True)
    assert f'src="/chat/previews/{room.pk}/{linked.seq}/"' in shown
    at = f"{url}messages/{linked.seq}/"
    assert "remove_preview" not in other.get(at).content.decode()
    assert other.post(at, {"act": "remove_preview"}).status_code == 403
    assert "remove_preview" in client.get(at).content.decode()
    assert client.post(at, {"act": "remove_preview"}).status_code == 302
    assert stored(linked).data is None
    assert "Umbrella" not in client.get(url).content.decode()
    assert fetch_previews().total == 0


def test_it_is_shown_as_long_as_its_link_is_in_the_text(
    linked: Any, page: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any
) -> None:
    page.page("/other", "<title>Bicycle</title>")
    fetch_previews()
    client = Client()
    client.force_login(people.juwon)
    url = f"/chat/rooms/{room.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        services.edit(people.minji, room, linked.seq, "Look: http://site.example/other")
    assert "Umbrella" not in client.get(url).content.decode()
    assert client.get(f"/chat/previews/{room.pk}/{linked.seq}/").status_code == 404
    assert fetch_previews() == PreviewsResult(shown=1)
    assert "Bicycle" in client.get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        services.edit(people.minji, room, linked.seq, "Never mind")
    assert "Bicycle" not in client.get(url).content.decode()
    services.delete(people.minji, room, linked.seq)
    assert stored(linked).data is None


def test_it_is_none_of_what_the_host_has_put_there(page: Site, room: Any, people: People) -> None:
    given = {"order": 7}
    client_id = uuid.uuid4()
    message = services.send(room, people.minji, TEXT, data=given, client_id=client_id)
    request_preview(people.minji, room, message)
    fetch_previews()
    assert stored(message).data["order"] == 7
    assert stored(message).data["preview"]["title"] == "Umbrella"
    # A repeated send is the same send still.
    again = services.send(room, people.minji, TEXT, data=given, client_id=client_id)
    assert again.seq == message.seq
    beside = services.send(room, people.minji, TEXT, data=["a list"])
    request_preview(people.minji, room, beside)
    fetch_previews()
    assert stored(beside).data == ["a list"]


def test_what_cannot_be_had_is_tried_again_and_then_left_alone(
    linked: Any, page: Site, django_capture_on_commit_callbacks: Any
) -> None:
    del page.names["site.example"]
    for _ in range(3):
        assert fetch_previews() == PreviewsResult(failed=1)
        assert fetch_previews().total == 0
        PreviewWish.objects.update(due_at=timezone.now())
    assert PreviewWish.objects.count() == 0


def test_a_page_that_says_nothing_is_not_asked_by_everybody(
    linked: Any, page: Site, room: Any, people: People, django_capture_on_commit_callbacks: Any
) -> None:
    page.page("/page", "<p>nothing")
    assert fetch_previews() == PreviewsResult(without=1)
    send(room, people.juwon, TEXT, django_capture_on_commit_callbacks)
    assert fetch_previews() == PreviewsResult(without=1)
    assert page.paths == ["/page"]


@pytest.mark.parametrize("picture", [b"no picture at all", b"", None])
def test_without_its_picture_the_text_is_shown(linked: Any, page: Site, picture: bytes | None) -> None:
    if picture is None:
        page.page("/page", PAGE.replace("/photo.png", "http://169.254.169.254/photo.png"))
        page.names["169.254.169.254"] = [["169.254.169.254"]]
    else:
        page.page("/photo.png", picture, "image/png")
    assert fetch_previews() == PreviewsResult(shown=1)
    assert stored(linked).data["preview"]["image"] is None
    assert LinkPreview.objects.get().image is None


def test_two_workers_do_not_fetch_the_same(linked: Any, page: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_pairchat.previews import services as workers

    due = list(workers._due())
    assert fetch_previews().shown == 1
    # Another worker had seen it as due at the same time.
    monkeypatch.setattr(workers, "_due", lambda: iter(due))
    assert fetch_previews().total == 0
    assert page.paths.count("/page") == 1


def test_a_deleted_message_gets_none(linked: Any, page: Site, room: Any, people: People) -> None:
    services.delete(people.minji, room, linked.seq)
    assert fetch_previews() == PreviewsResult(without=1)
    assert (page.asked, stored(linked).data) == ([], None)


def test_the_command_says_what_it_did_and_goes_on_after_a_failure(linked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = StringIO()
    call_command("pairchat_fetch_previews", stdout=said)
    assert said.getvalue() == "1 shown, 0 without a preview, 0 to try again.\n"
    calls = []

    def failing(**options: Any) -> PreviewsResult:
        calls.append(options)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        if len(calls) == 1:
            raise RuntimeError("The database is away.")
        return PreviewsResult()

    monkeypatch.setattr(pairchat_fetch_previews, "fetch_previews", failing)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        call_command("pairchat_fetch_previews", "--forever", "--pause", "0")
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert len(calls) == 3
