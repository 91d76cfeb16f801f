"""Who gets which page, and what a page may do."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_pairchat import get_message_model, get_room_model, services
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.exceptions import Busy, NotFound, RateLimited

from .browser import Browser, parse

PAGES = (
    "",
    "?archived=1",
    "search/",
    "search/?query=hello",
    "rooms/{key}/",
    "rooms/{key}/?around=1",
    "rooms/{key}/?reply=1",
    "rooms/{key}/report/",
    "rooms/{key}/report/?seq=1",
    "rooms/{key}/messages/1/",
)
ACTS = ("open/", "rooms/{key}/send/", "rooms/{key}/read/", "rooms/{key}/settings/")
OF_A_ROOM = [address for address in (*PAGES, *ACTS) if "{key}" in address]


def rows() -> list[tuple[Any, ...]]:
    return [row for model in (get_room_model(), get_message_model()) for row in model._default_manager.values_list()]


def test_reading_any_address_writes_nothing(minji: Any, juwon: Any, room: Any, key: str) -> None:
    services.send(room, juwon, "hello")
    before = rows()
    client = Client()
    client.force_login(minji)
    for address in (*PAGES, *ACTS):
        for method in (client.get, client.head, client.options):
            response = method(f"/chat/{address.format(key=key)}")
            assert response.status_code in {200, 302, 405}, (address, response.status_code)
    assert rows() == before


@pytest.mark.parametrize("address", PAGES)
def test_a_visitor_is_sent_to_the_login_page_and_back(anonymous: Browser, key: str, address: str) -> None:
    url = f"/chat/{address.format(key=key)}"
    response = anonymous.client.get(url)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=/chat/")


@pytest.mark.parametrize("address", ACTS)
def test_the_address_of_a_form_leads_to_its_page(at_minji: Browser, key: str, address: str) -> None:
    page = at_minji.open(f"/chat/{address.format(key=key)}")
    assert page.status == 200
    assert page.url == ("/chat/" if address == "open/" else f"/chat/rooms/{key}/")


@pytest.mark.parametrize("address", OF_A_ROOM)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_room_of_others_and_one_that_is_not_there_look_the_same(
    sora: Any, room: Any, missing_key: str, address: str, method: str
) -> None:
    services.send(room, room.user1, "hello")
    client = Client()
    client.force_login(sora)
    values = {"content": "hi", "client_id": "b3c4be46-31a1-4bd6-8a85-0c1d1ffb0c49", "seq": "1", "archived": "1"}
    values |= {"reason": "x", "act": "delete"}
    answers = []
    for shown in (str(room.pk), missing_key):
        with CaptureQueriesContext(connection) as queries:
            response = getattr(client, method)(f"/chat/{address.format(key=shown)}", values if method == "post" else {})
        where = response.headers.get("Location", "").replace(shown, "")
        answers.append((response.status_code, response.content, where, len(queries)))
    assert answers[0] == answers[1]
    assert answers[0][0] in {302, 404, 405}


@pytest.mark.parametrize("key", ["0", "01", "-1", "x", "1.0", "9" * 30, "%00", "é", " 1"])
def test_a_key_that_cannot_be_one_is_a_room_that_is_not_there(at_minji: Browser, missing_key: str, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.status == 404
    assert page.html == at_minji.open(f"/chat/rooms/{missing_key}/").html


@pytest.mark.parametrize(
    "query", ["before=abc", "before=-1", "after=9223372036854775808", "around=01", "before=1&after=2", "reply=x"]
)
def test_a_place_that_makes_no_sense_is_refused(at_minji: Browser, key: str, query: str) -> None:
    assert at_minji.open(f"/chat/rooms/{key}/?{query}").status == 400


@pytest.mark.parametrize("address", ACTS)
def test_an_act_without_the_token_of_the_form_is_refused(minji: Any, key: str, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(minji)
    assert client.post(f"/chat/{address.format(key=key)}").status_code == 403


@pytest.mark.parametrize("address", ["rooms/{key}/send/", "api/rooms/{key}/read/"])
def test_a_refused_token_is_logged_once_where_django_logs_it(
    minji: Any, key: str, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(minji)
    assert client.post(f"/chat/{address.format(key=key)}").status_code == 403
    (record,) = [record for record in caplog.records if record.name.startswith("django.")]
    assert (record.name, record.status_code, record.levelname) == ("django.security.csrf", 403, "WARNING")
    assert record.getMessage().startswith("Forbidden (")


def test_the_token_is_asked_for_in_a_host_without_the_middleware(minji: Any, key: str, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(minji)
    assert client.post(f"/chat/rooms/{key}/send/", {"content": "x"}).status_code == 403


def test_pages_are_not_kept_by_anybody_on_the_way(at_minji: Browser, key: str) -> None:
    assert "no-store" in at_minji.open(f"/chat/rooms/{key}/").response["Cache-Control"]


def test_opening_a_room_leads_to_it_and_again_to_the_same(minji: Any, sora: Any) -> None:
    client = Client()
    client.force_login(minji)
    addresses = {client.post("/chat/open/", {"user": str(sora.pk)})["Location"] for _ in range(2)}
    assert addresses == {f"/chat/rooms/{get_room_model()._default_manager.get().pk}/"}


@pytest.mark.parametrize("who", ["oneself", "missing", "inactive", "blocking", "malformed"])
def test_a_room_that_cannot_be_opened_looks_the_same_whatever_the_reason(
    minji: Any, juwon: Any, missing_key: str, who: str
) -> None:
    client = Client()
    client.force_login(minji)
    user = {"oneself": minji.pk, "missing": missing_key, "malformed": "x"}.get(who, juwon.pk)
    if who == "inactive":
        juwon.is_active = False
        juwon.save()
    if who == "blocking":
        services.change_settings(juwon, str(services.open_room(juwon, minji).pk), blocked=True)
    before = get_room_model()._default_manager.count()
    response = client.post("/chat/open/", {"user": str(user)})
    assert response.status_code == 404
    assert response.content == client.get("/chat/rooms/999999/").content
    assert get_room_model()._default_manager.count() == before


def test_a_topic_nobody_signed_is_refused(minji: Any, juwon: Any) -> None:
    client = Client()
    client.force_login(minji)
    response = client.post("/chat/open/", {"user": str(juwon.pk), "topic": "auth.user:1"})
    assert response.status_code == 400
    assert not get_room_model()._default_manager.exists()


@pytest.mark.parametrize(("refusal", "status"), [(Busy(retry_after=1), 503), (RateLimited(retry_after=2.5), 429)])
def test_a_text_that_could_not_be_sent_now_keeps_its_id(
    at_minji: Browser, key: str, monkeypatch: pytest.MonkeyPatch, refusal: Exception, status: int
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise refusal

    monkeypatch.setattr(services, "send_once", refuse)
    again = page.press("Send", content="kept")
    assert again.status == status
    assert again.response["Retry-After"] in {"1", "3"}
    assert again.composer["content"] == "kept"
    assert again.composer["client_id"] == page.composer["client_id"]


@pytest.mark.parametrize(
    ("refusal", "status"), [(OperationalError(), 503), (RateLimited(retry_after=2.5), 429), (NotFound(), 404)]
)
def test_a_text_comes_back_where_the_room_cannot_be_shown_again(
    at_minji: Browser, key: str, monkeypatch: pytest.MonkeyPatch, refusal: Exception, status: int
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise refusal

    monkeypatch.setattr(services, "send_once", refuse)
    monkeypatch.setattr(services, "history", refuse)
    again = page.press("Send", content="a long text")
    assert again.status == status
    assert again.root.one("textarea").text == "a long text"


@pytest.mark.parametrize("content", [" ", "a long text"])
def test_a_refusal_whose_page_cannot_be_made_costs_that_page_once(
    at_minji: Browser, key: str, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    spent: list[str] = []

    def acquire(user: str, kind: str = "send", cost: int = 1) -> float:
        spent.append(kind)
        return 2.5 if kind in ("send", "history") else 0.0

    monkeypatch.setattr(rate_limiter(), "acquire", acquire)
    again = page.press("Send", content=content)
    assert (again.status, again.response["Retry-After"]) == (429, "3")
    assert spent.count("history") == 1


def test_not_found_is_the_same_bytes_in_a_frame_that_changes_with_every_answer(
    at_sora: Browser, key: str, missing_key: str, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "pairchat").mkdir()
    (tmp_path / "pairchat" / "base.html").write_text(
        "<html><body><form>{% csrf_token %}</form>{% block pairchat %}{% endblock %}</body></html>"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    assert at_sora.open("/chat/").html != at_sora.open("/chat/").html
    assert at_sora.open(f"/chat/rooms/{key}/").html == at_sora.open(f"/chat/rooms/{missing_key}/").html


# A form of somebody else's page


@pytest.mark.parametrize("address", [*ACTS, "rooms/{key}/report/", "rooms/{key}/messages/1/"])
def test_a_form_of_somebody_elses_page_does_nothing_and_gives_its_text_back(
    minji: Any, juwon: Any, room: Any, key: str, address: str
) -> None:
    services.send(room, juwon, "hello")
    before = rows()
    client = Client()
    client.force_login(juwon)
    values = {"client_id": str(uuid.uuid4()), "seq": "1", "archived": "1", "act": "edit", "user": str(minji.pk)}
    texts = {"content": "a <long> text", "reason": "so rude"}
    response = client.post(f"/chat/{address.format(key=key)}", {**values, **texts, "as": str(minji.pk)})
    assert response.status_code == 401
    shown = parse(response.content.decode())
    assert [box.text for box in shown.all("textarea")] == list(texts.values())
    assert "A different account is signed in now" in shown.one("h1").text
    assert rows() == before


@pytest.mark.parametrize("signed_out", [True, False])
def test_a_text_that_somebody_else_or_nobody_sent_comes_back(
    at_minji: Browser, juwon: Any, key: str, signed_out: bool
) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    if signed_out:
        at_minji.client.logout()
    else:
        at_minji.client.force_login(juwon)
    # Django takes the old token of the form only where the host did not let it be renewed.
    at_minji.client.cookies["csrftoken"] = page.response.cookies["csrftoken"].value
    answer = page.press("Send", content="a long text")
    assert answer.status == 401
    assert answer.root.one("textarea").text == "a long text"
    assert not get_message_model()._default_manager.exists()


@pytest.mark.parametrize("in_sessions", [True, False])
@pytest.mark.parametrize("login_wall", [True, False])
@pytest.mark.parametrize("now", ["nobody", "somebody else", "oneself"])
def test_a_form_of_an_earlier_session_gives_its_text_back(
    at_minji: Browser, minji: Any, juwon: Any, key: str, settings: Any, *, in_sessions: bool, login_wall: bool, now: str
) -> None:
    settings.CSRF_USE_SESSIONS = in_sessions
    if login_wall:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    page = at_minji.open(f"/chat/rooms/{key}/")
    at_minji.client.logout()
    if now != "nobody":
        at_minji.client.force_login(minji if now == "oneself" else juwon)
        at_minji.open("/chat/")
    answer = page.press("Send", content="a long text")
    assert answer.status == (403 if now == "oneself" else 401)
    assert answer.root.one("textarea").text == "a long text"
    assert not get_message_model()._default_manager.exists()


def test_a_site_that_asks_everybody_to_log_in_hides_no_file_otherwise_than_any_other(key: str, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert Client().get(f"/chat/rooms/{key}/files/1/").status_code == 404
    assert Client().get(f"/chat/rooms/{key}/")["Location"] == f"/login/?next=/chat/rooms/{key}/"


def test_every_form_says_whose_page_it_is_on(at_minji: Browser, minji: Any, juwon: Any, room: Any, key: str) -> None:
    services.send(room, juwon, "hello")
    services.send(room, minji, "hi", read=False)
    pages = ["", "messages/1/", "messages/2/", "report/", "report/?seq=1"]
    forms = [
        form
        for page in pages
        for form in at_minji.open(f"/chat/rooms/{key}/{page}").root.all("form", method="post")
        if "data-pc-form" in form.attrs
    ]
    assert {form["data-pc-form"] for form in forms} >= {"send", "settings", "react", "edit", "delete", "report"}
    assert [form.one("input", name="as")["value"] for form in forms] == [str(minji.pk)] * len(forms)
