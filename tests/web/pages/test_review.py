"""The review of texts on pages without JavaScript, and over the socket and HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.apps import apps

from django_pairchat.services import refuse_held, send
from tests.support.policies import Reviews, chosen
from tests.web.api.caller import Caller

from .browser import Browser


@pytest.fixture(autouse=True)
def reviews(settings: Any) -> None:
    settings.PAIRCHAT = chosen(Reviews)


def held() -> Any:
    return apps.get_model("pairchat_held", "HeldMessage").objects.get()


def test_a_warning_is_on_the_page_after_the_form(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="warn me")
    assert page.root.one(data_pc_part="notice").text == "Careful: warn me"
    assert page.texts == ["warn me"]
    assert page.root.one(data_pc_part="notice")["role"] == "status"


def test_the_notice_in_an_address_is_for_this_person_only(at_minji: Browser, at_juwon: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="warn me")
    assert "Careful" not in at_juwon.open(page.url).text
    assert "spoofed" not in at_juwon.open(f"/chat/rooms/{key}/?notice=spoofed").text


def test_a_rejected_text_comes_back_with_the_reason(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="reject me")
    assert page.status == 422
    assert page.root.slot("error").text == "Please write something else."
    assert page.composer["content"] == "reject me"


def test_what_waits_is_on_its_senders_page_only(at_minji: Browser, at_juwon: Browser, key: str, minji: Any) -> None:
    send(key, minji, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="hold this")
    waiting = page.root.one(id="held")
    assert "hold this" in waiting.text
    assert "Being checked. Only you can see this." in waiting.text
    assert "hold this" not in at_juwon.open(f"/chat/rooms/{key}/").html
    refuse_held(held(), "No adverts.")
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert "Not sent: this text is not allowed here. No adverts." in page.root.one(id="held").text
    page = at_minji.post(
        f"/chat/rooms/{key}/withdraw/",
        {"csrfmiddlewaretoken": page.composer["csrfmiddlewaretoken"], "client_id": str(held().client_id)},
    )
    assert "hidden" in page.root.one(id="held").attrs


def test_what_is_withdrawn_leads_back_to_where_the_host_shows_the_chat(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/").press("Send", content="hold this")
    sent = {"csrfmiddlewaretoken": page.composer["csrfmiddlewaretoken"], "client_id": str(held().client_id)}
    assert at_minji.post(f"/chat/rooms/{key}/withdraw/", {**sent, "next": "/chat/"}).url == "/chat/"


def test_without_a_review_nothing_of_it_is_on_the_page(at_minji: Browser, key: str, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": "django_pairchat.policy.Policy"}
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert "pair-chat-held" not in page.html
    assert "pairchat-held.js" not in page.html


def test_an_edit_is_warned_about_on_the_page_of_its_room(at_minji: Browser, key: str, minji: Any) -> None:
    message = send(key, minji, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/messages/{message.seq}/").press("Save", content="warn me")
    assert page.root.one(data_pc_part="notice").text == "Careful: warn me"


def test_over_http_a_held_message_is_an_error_that_says_so(minji: Any, key: str) -> None:
    caller = Caller(minji)
    body = {"client_id": str(uuid.uuid4()), "content": "hold this"}
    for _ in range(2):
        response = caller("POST", "api_messages", key, **body)
        assert (response.status_code, response.json()["code"]) == (422, "held")
    assert caller("POST", "api_messages", key, client_id=str(uuid.uuid4()), content="warn me").json()["notice"]
    (room,) = caller("GET", "api_inbox").json()["rooms"]
    assert [each["content"] for each in room["held"]] == ["hold this"]
