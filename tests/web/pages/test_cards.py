"""Cards on the pages: the host's template of a kind, filled from the data, without a script."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.template import TemplateSyntaxError
from django.test import override_settings
from django.utils import timezone

from django_pairchat.services import delete, edit, send, send_card, update_card
from tests.support.counting import counted

from .browser import Browser, Element, Page

OFFER = """{% load i18n %}<section class="offer">
  <h3>{% translate "Report" %}</h3>
  <p><b data-pc-slot="data.price"><i>placeholder</i></b> <bdi data-pc-slot="data.note"></bdi></p>
  <time data-pc-slot="data.until"></time>
  <a data-pc-href="data.link">more</a> <img alt="" data-pc-src="data.picture">
  <p data-pc-if="data.state=open data.until>now" class="open">Open</p>
  <p data-pc-if="data.state=open !data.until>now" class="over">Over</p>
  <form method="post" action="/answers/?as={{ chat.me }}" data-pc-if="data.state=open mine=false">
    {% csrf_token %}<input type="hidden" name="next" value="{{ next }}">
    <input type="hidden" name="offer" data-pc-value="data.offer">
    <button name="answer" value="yes">Yes</button>
  </form>
</section>"""
LATER = (timezone.now() + timedelta(days=1)).isoformat()
DATA = {"offer": 7, "price": 30_000, "note": "<b>now</b> & here", "state": "open", "until": LATER, "link": "/posts/1/"}
Templates = Callable[[str, str], None]
Show = Callable[..., Element]


@pytest.fixture
def templates(settings: LazySettings, tmp_path: Path) -> Templates:
    """Puts a kind's template into the host's folder."""

    def put(kind: str, text: str) -> None:
        path = tmp_path / "pairchat" / "kinds" / f"{kind}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        changed = copy.deepcopy(settings.TEMPLATES)
        changed[0]["DIRS"] = [tmp_path]
        settings.TEMPLATES = changed

    return put


@pytest.fixture
def offers(templates: Templates) -> None:
    templates("offer", OFFER)


@pytest.fixture
def card(offers: None, room: Any, minji: Any) -> Any:
    """Minji's offer to Juwon."""
    return send_card(room, minji, "offer", DATA, content="Offer: 30,000")


@pytest.fixture
def show(room: Any, minji: Any, juwon: Any) -> Show:
    """Sends an offer of Minji's and returns its message as Juwon sees it."""

    def show(data: dict[str, Any], content: str = "Offer", kind: str = "offer") -> Element:
        card = send_card(room, minji, kind, data, content=content)
        return opened(Browser(juwon), str(room.pk)).message(card.seq)

    return show


def opened(browser: Browser, key: str) -> Page:
    return browser.open(f"/chat/rooms/{key}/")


def shown(browser: Browser, key: str) -> Element:
    return opened(browser, key).message(1).one("pair-chat-card")


def test_a_card_is_shown_by_the_template_of_its_kind(card: Any, at_juwon: Browser, key: str) -> None:
    message = opened(at_juwon, key).message(1)
    offer = message.one("section", class_="offer")
    assert offer.slot("data.price").text == "30000"
    assert offer.slot("data.note").text == "<b>now</b> & here"
    assert offer.one("a")["href"] == "/posts/1/"
    assert offer.one("form").one(name="offer")["value"] == "7"
    assert "hidden" in message.one(data_pc_part="text").attrs
    assert message.slot("content").all("a") == []


def test_a_card_has_a_name_for_screen_readers(card: Any, at_juwon: Browser, key: str) -> None:
    group = shown(at_juwon, key)
    assert (group["role"], group["aria-label"]) == ("group", "Offer: 30,000")


def test_each_side_sees_what_is_for_it(card: Any, at_minji: Browser, at_juwon: Browser, key: str) -> None:
    assert "hidden" in shown(at_minji, key).one("form").attrs
    assert "hidden" not in shown(at_juwon, key).one("form").attrs


def test_an_update_is_shown_without_the_mark_of_an_edit(card: Any, at_juwon: Browser, key: str) -> None:
    update_card(card, {**DATA, "price": 25_000, "state": "accepted"}, content="Accepted")
    message = opened(at_juwon, key).message(1)
    assert message.slot("data.price").text == "25000"
    assert message.one("pair-chat-card")["aria-label"] == "Accepted"
    assert "hidden" in message.one("form").attrs
    assert "hidden" in message.one(data_pc_part="edited").attrs


def test_a_text_still_has_the_mark_of_an_edit(card: Any, room: Any, minji: Any, at_juwon: Browser, key: str) -> None:
    edit(minji, room, send(room, minji, "one"), "two")
    assert "hidden" not in opened(at_juwon, key).message(2).one(data_pc_part="edited").attrs


def test_a_time_that_has_passed_shows_without_an_update(offers: None, show: Show) -> None:
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    for until, seen, hidden in ((LATER, "open", "over"), (past, "over", "open")):
        message = show({**DATA, "until": until})
        assert "hidden" not in message.one(class_=seen).attrs
        assert "hidden" in message.one(class_=hidden).attrs


def test_a_time_is_in_the_zone_of_the_reader(offers: None, show: Show, at_juwon: Browser, key: str) -> None:
    show({**DATA, "until": "2031-05-01T23:00:00Z"})
    at_juwon.client.cookies["pairchat_timezone"] = "Asia/Seoul"
    until = shown(at_juwon, key).one("time")
    assert (until["datetime"], until.text) == ("2031-05-01T23:00:00Z", "May 2, 2031, 8 a.m.")


@pytest.mark.parametrize(
    ("until", "zone"), [("9999-12-31T23:00:00Z", "Asia/Seoul"), ("0001-01-01T00:00:00Z", "America/New_York")]
)
@pytest.mark.usefixtures("offers")
def test_a_time_that_the_zone_of_the_reader_does_not_have_stays_as_it_is(
    show: Show, at_juwon: Browser, key: str, until: str, zone: str
) -> None:
    at_juwon.client.cookies["pairchat_timezone"] = zone
    show({**DATA, "until": until})
    assert shown(at_juwon, key).one("time").text == until


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", 3])
def test_an_address_that_is_none_of_a_page_is_left_out(offers: None, show: Show, link: Any) -> None:
    message = show({**DATA, "link": link, "picture": link})
    assert "href" not in message.one("section").one("a").attrs
    assert "src" not in message.one("section").one("img").attrs


def test_data_cannot_break_out_of_an_attribute(offers: None, show: Show, at_juwon: Browser, key: str) -> None:
    nasty = '"><script>alert(1)</script>'
    message = show({**DATA, "offer": nasty, "link": "/" + nasty, "note": nasty}, nasty)
    assert "<script>alert" not in opened(at_juwon, key).html
    assert (message.one(name="offer")["value"], message.one("section").one("a")["href"]) == (nasty, "/" + nasty)


def test_a_button_is_a_form_with_a_token_that_works(card: Any, at_juwon: Browser, key: str) -> None:
    page = opened(at_juwon, key)
    form = shown(at_juwon, key).one("form")
    token = form.one(name="csrfmiddlewaretoken")["value"]
    assert form["action"] == f"/answers/?as={page.root.one('pair-chat')['data-me']}"
    # Django itself judges the token, by a form of the chat.
    sent = at_juwon.post(f"/chat/rooms/{key}/read/", {"seq": "1", "csrfmiddlewaretoken": token})
    assert sent.status == 200


def test_the_page_brings_the_template_for_cards_that_come(offers: None, room: Any, at_juwon: Browser, key: str) -> None:
    page = opened(at_juwon, key)
    template = page.root.one("template", data_pc_template="kind-offer")
    empty = Element("div", {}, template.children)
    assert empty.one("pair-chat-card")["data-values"] == ""
    assert empty.slot("data.price").text == "placeholder"
    assert empty.one(name="csrfmiddlewaretoken")["value"] != ""
    assert "pairchat-cards.js" in page.html
    assert "data-cards" in page.root.one("pair-chat").attrs


def test_without_kinds_the_page_brings_nothing_of_cards(room: Any, minji: Any, at_juwon: Browser, key: str) -> None:
    send_card(room, minji, "offer", DATA, content="Offer: 30,000")
    page = opened(at_juwon, key)
    assert "pairchat-cards" not in page.html
    assert "data-cards" not in page.root.one("pair-chat").attrs
    assert page.message(1).slot("content").text == "Offer: 30,000"
    assert page.message(1).text.count("Offer: 30,000") == 1


def test_a_kind_without_a_template_is_a_text(offers: None, show: Show) -> None:
    message = show({"x": 1}, "Parcel", "parcel")
    assert message.all("pair-chat-card") == []
    assert message.slot("content").text == "Parcel"
    assert "hidden" not in message.one(data_pc_part="text").attrs


def test_data_that_is_no_object_is_no_card(offers: None, room: Any, minji: Any, at_juwon: Browser) -> None:
    send(room, minji, "Odd", kind="offer", data=[1])
    message = opened(at_juwon, str(room.pk)).message(1)
    assert message.all("pair-chat-card") == []
    assert message.one(data_pc_part="text").text == "Odd"


def test_a_deleted_card_shows_nothing_of_it(card: Any, room: Any, minji: Any, at_juwon: Browser, key: str) -> None:
    delete(minji, room, card)
    page = opened(at_juwon, key)
    assert page.message(1).all("pair-chat-card") == []
    assert "30000" not in page.html


def test_the_page_of_one_message_shows_its_card(card: Any, at_juwon: Browser, key: str) -> None:
    for page in (f"/chat/rooms/{key}/messages/1/", f"/chat/rooms/{key}/report/?seq=1"):
        root = at_juwon.open(page).root
        assert root.slot("data.price").text == "30000"
        assert root.one("pair-chat-watch")["data-cards"].endswith(".js")


def test_lists_and_the_search_show_the_text(card: Any, at_juwon: Browser) -> None:
    assert "Offer: 30,000" in at_juwon.open("/chat/").text
    found = at_juwon.open("/chat/search/?query=30,000")
    assert "Offer: 30,000" in found.text
    assert found.root.all("pair-chat-card") == []


def test_the_values_for_the_script_are_those_of_the_message(card: Any, at_juwon: Browser, key: str) -> None:
    values = json.loads(shown(at_juwon, key)["data-values"])
    assert values == {"data": DATA, "content": "Offer: 30,000", "mine": False, "room": key, "seq": 1}


def test_many_cards_take_no_query_more(offers: None, show: Show, at_juwon: Browser, key: str) -> None:
    show(DATA)
    opened(at_juwon, key)
    with counted() as few:
        opened(at_juwon, key)
    for _ in range(10):
        show(DATA)
    with counted() as many:
        page = opened(at_juwon, key)
    assert len(page.root.all("pair-chat-card")) == 11
    assert many.count == few.count


def test_a_kind_of_the_library_has_no_template(templates: Templates, room: Any, minji: Any, at_juwon: Browser) -> None:
    for kind in ("text", "system", "file", "Offer", "offer-2"):
        templates(kind, "<p>card</p>")
    send(room, minji, "hello", data={"x": 1})
    page = opened(at_juwon, str(room.pk))
    names = [each["data-pc-template"] for each in page.root.all("template", data_pc_template=True)]
    assert [name for name in names if name.startswith("kind-")] == ["kind-offer-2"]
    assert page.message(1).all("pair-chat-card") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<p data-pc-slot="data.x">', "no end tag"),
        ('<img data-pc-slot="data.x">', "holds no text"),
        ('<p data-pc-if="data.x == 3"></p>', "no condition"),
    ],
)
def test_a_template_that_cannot_be_filled_says_why(templates: Templates, show: Show, text: str, reason: str) -> None:
    templates("offer", text)
    with pytest.raises(TemplateSyntaxError, match=reason):
        show(DATA)


def test_html_around_the_slots_stays_as_the_host_wrote_it(
    templates: Templates, show: Show, at_juwon: Browser, key: str
) -> None:
    before = '<p Class=a title="a &amp; b">x &lt; y<br/>\n<!-- <b data-pc-slot="data.x"> -->'
    slot, after = '<b data-pc-slot="data.price">', "</b>&nbsp;€</p>"
    templates("offer", f"{before}{slot}<b>1</b>{after}")
    show(DATA)
    assert f"{before}{slot}30000{after}" in at_juwon.client.get(f"/chat/rooms/{key}/").content.decode()


def test_elements_of_a_drawing_stay_closed(templates: Templates, show: Show, at_juwon: Browser, key: str) -> None:
    drawing = '<svg viewBox="0 0 9 9"><path d="M0 0v9" data-pc-if="data.price"/><path d="M0 0h9"/></svg>'
    templates("offer", drawing)
    show(DATA)
    # In the message, and in the template for those that come.
    assert at_juwon.client.get(f"/chat/rooms/{key}/").content.decode().count(drawing) == 2


@pytest.mark.parametrize("debug", [True, False])
def test_a_new_template_is_found_at_once_while_debugging(
    offers: None, tmp_path: Path, room: Any, at_juwon: Browser, debug: bool
) -> None:
    assert "kind-offer" in opened(at_juwon, str(room.pk)).html
    (tmp_path / "pairchat" / "kinds" / "parcel.html").write_text("<p>Parcel</p>")
    with override_settings(DEBUG=debug):
        assert ("kind-parcel" in opened(at_juwon, str(room.pk)).html) is debug
