"""Offers of the example board in the chat: made, countered and accepted by two people, one of them without scripts."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .board import Board
from .conftest import Meet, SignIn
from .helpers import (
    Finger,
    at_end,
    faults,
    keep_back,
    listen,
    live,
    messages,
    open_menu,
    overflow,
    send,
    something_new,
    told,
)
from .test_identity import sign_in_as

CARD = "pair-chat .pc-message pair-chat-card"


def cards(page: Page) -> Locator:
    return page.locator(CARD)


def says(card: Locator, text: str) -> None:
    """By what is seen: a card has the words of its other states, too."""
    expect(card).to_contain_text(text, use_inner_text=True)


def offer(page: Page, price: int) -> None:
    """By the menu of the chat, and the host's own page."""
    page.locator("pair-chat [data-pc-part=settings] > summary").click()
    page.get_by_role("link", name="Make an offer").click()
    page.get_by_label("Price in won").fill(str(price))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(cards(page).last).to_be_visible()


def counter(page: Page, card: Locator, price: int) -> None:
    card.get_by_text("Another price", exact=True).click()
    card.get_by_label("Price in won").fill(str(price))
    card.get_by_role("button", name="Offer this price").click()


@pytest.fixture
def people(sign_in: SignIn, meet: Meet) -> tuple[Page, Page]:
    """Juwon without scripts, Minji with them, in a room of their own."""
    juwon, minji = sign_in("juwon", scripts=False, outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(minji)
    return juwon, minji


def test_an_offer_is_made_countered_and_accepted_by_two_people_one_of_them_without_scripts(
    people: tuple[Page, Page],
) -> None:
    juwon, minji = people
    offer(minji, 30_000)
    live(minji)
    says(cards(minji), "30,000 won")
    expect(cards(minji).get_by_role("button", name="Accept")).to_be_hidden()

    juwon.reload()
    expect(juwon.get_by_role("group", name="Offer: 30,000 won")).to_be_visible()
    counter(juwon, cards(juwon).first, 35_000)
    expect(cards(juwon)).to_have_count(2)
    expect(juwon).to_have_url(re.compile(r"#m-2$"))

    expect(cards(minji)).to_have_count(2)
    says(cards(minji).first, "Answered with another price")
    says(cards(minji).last, "35,000 won")
    at_end(minji)
    minji.evaluate("window.stays = true")
    cards(minji).last.get_by_role("button", name="Accept").click()
    says(cards(minji).last, "Accepted")
    expect(cards(minji).last.get_by_role("button")).to_have_count(0)
    assert minji.evaluate("window.stays")

    juwon.reload()
    says(cards(juwon).last, "Accepted")
    expect(juwon.get_by_role("group", name="Offer accepted: 35,000 won")).to_be_visible()
    for page in people:
        assert overflow(page) == 0
    assert faults(minji) == []


def test_a_meeting_is_agreed_to_without_scripts_and_both_people_are_reminded(
    people: tuple[Page, Page], board: Board
) -> None:
    juwon, minji = people
    at = datetime.now(ZoneInfo("Asia/Seoul")) + timedelta(hours=2)
    minji.locator("pair-chat [data-pc-part=settings] > summary").click()
    minji.get_by_role("link", name="Suggest a meeting").click()
    expect(minji.get_by_text("Time zone: Asia/Seoul")).to_be_visible()
    minji.get_by_label("Date and time").fill(at.strftime("%Y-%m-%dT%H:%M"))
    minji.get_by_label("Place").fill("Exit 3")
    minji.get_by_role("button", name="Send", exact=True).click()
    live(minji)
    says(cards(minji), "Suggested")

    juwon.reload()
    expect(cards(juwon).locator("time")).to_have_attribute("datetime", f"{at:%Y-%m-%dT%H:%M}:00+09:00")
    cards(juwon).get_by_role("button", name="Agree").click()
    expect(juwon).to_have_url(re.compile(r"#m-1$"))
    says(cards(juwon), "Agreed")
    says(cards(minji), "Agreed")

    for _ in range(2):
        board.manage("tend_deals", "--verbosity", "0")
    for page in people:
        page.reload()
        expect(messages(page)).to_have_count(2)
        expect(messages(page).last).to_contain_text(re.compile("Do not forget: Meeting agreed: .*, Exit 3"))
    live(minji)
    cards(minji).get_by_role("button", name="Cancel the meeting").click()
    says(cards(minji), "Cancelled")
    juwon.reload()
    says(cards(juwon), "Cancelled")


def test_a_card_that_comes_is_the_one_that_the_server_renders(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    live(minji)
    offer(minji, 12_000)
    says(cards(juwon), "12,000 won")

    def shown(page: Page) -> str:
        script = """card => {
          const copy = card.cloneNode(true);
          for (const each of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) each.value = "";
          const sorted = element => element.nodeType !== 1 ? element.textContent.trim() :
            [element.localName, [...element.attributes].map(({name, value}) => `${name}=${value}`).sort(),
             [...element.childNodes].map(sorted).filter(String)];
          return JSON.stringify(sorted(copy));
        }"""
        text: str = cards(page).last.evaluate(script)
        return re.sub(r'"tabindex=-?\d"', "", text)

    came = shown(juwon)
    juwon.reload()
    live(juwon)
    assert shown(juwon) == came
    cards(juwon).get_by_role("button", name="Decline").click()
    says(cards(juwon), "Declined")
    # The news may come before the answer does.
    expect(cards(juwon)).not_to_have_attribute("aria-busy", "true")
    declined = shown(juwon)
    juwon.reload()
    live(juwon)
    assert shown(juwon) == declined


def test_pressing_twice_posts_once_and_the_token_of_a_card_that_came_works(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    offer(minji, 9_000)
    says(cards(juwon), "9,000 won")
    posts: list[Route] = []

    def hold(route: Route) -> None:
        posts.append(route)

    juwon.route("**/deals/offers/answer/", hold)
    cards(juwon).get_by_role("button", name="Accept").dblclick()
    cards(juwon).get_by_role("button", name="Accept").click()
    expect(cards(juwon)).to_have_attribute("aria-busy", "true")
    [route] = posts
    route.continue_()
    says(cards(juwon), "Accepted")
    expect(cards(juwon)).not_to_have_attribute("aria-busy", "true")
    assert len(posts) == 1
    says(cards(minji), "Accepted")


def test_what_is_refused_is_said_in_the_card(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    offer(minji, 8_000)
    says(cards(juwon), "8,000 won")
    juwon.route(
        "**/deals/offers/answer/", lambda route: route.fulfill(status=409, json={"message": "Too late, sorry."})
    )
    cards(juwon).get_by_role("button", name="Accept").click()
    expect(cards(juwon).get_by_role("alert")).to_have_text("Too late, sorry.")
    juwon.route("**/deals/offers/answer/", lambda route: route.abort())
    cards(juwon).get_by_role("button", name="Accept").click()
    expect(cards(juwon).get_by_role("alert")).to_have_text("Connection lost.")
    juwon.unroute_all()
    cards(juwon).get_by_role("button", name="Accept").click()
    says(cards(juwon), "Accepted")
    expect(cards(juwon).get_by_role("alert")).to_be_hidden()


def test_a_card_acts_for_nobody_who_signed_in_since(sign_in: SignIn, meet: Meet) -> None:
    juwon, minji = sign_in("juwon", outage=True), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    offer(minji, 8_500)
    says(cards(juwon), "8,500 won")
    sign_in_as(juwon, minji)
    cards(juwon).get_by_role("button", name="Accept").click()
    expect(cards(juwon).get_by_role("alert")).to_have_text("This page is out of date. Reload it and try again.")
    minji.reload()
    says(cards(minji), "Open until")


def test_an_open_page_shows_when_an_offer_has_expired(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    juwon.clock.install()
    juwon.reload()
    live(juwon)
    offer(minji, 7_000)
    expect(cards(juwon).get_by_role("button", name="Accept")).to_be_visible()
    # As after a long sleep: each timer fires once. Played through, the page would ask for thousands of sockets.
    juwon.clock.fast_forward("49:00:00")
    expect(cards(juwon).get_by_role("button", name="Accept")).to_be_hidden()
    says(cards(juwon), "Expired")


def test_a_deleted_card_leaves_nothing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    offer(minji, 6_000)
    live(minji)
    expect(cards(juwon)).to_be_visible()
    open_menu(minji, "6,000 won").get_by_role("menuitem", name="Delete").click()
    minji.get_by_role("dialog").get_by_role("button", name="Delete for both").click()
    for page in (juwon, minji):
        expect(cards(page)).to_have_count(0)
        expect(messages(page).last).to_contain_text("Deleted message")


def change(page: Page, url: str, old: str, new: str) -> None:
    """Change a page on its way."""

    def changed(route: Route) -> None:
        response = route.fetch()
        assert old in response.text()
        route.fulfill(response=response, body=response.text().replace(old, new))

    page.route(url, changed)


def test_a_deleted_card_with_a_slot_for_its_content_leaves_nothing(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    room = minji.url
    live(juwon)
    offer(minji, 6_100)
    single = f"{room}messages/1/"
    for page, url in ((juwon, room), (minji, single)):
        # As a host's template may have it.
        heading = '<p class="deal-kind">'
        change(page, url, heading, f'<p data-pc-slot="content"></p>{heading}')
        page.goto(url)
    expect(cards(juwon).locator("[data-pc-slot=content]")).to_have_text("Offer: 6,100 won")
    expect(minji.locator("pair-chat-card [data-pc-slot=content]")).to_have_text("Offer: 6,100 won")
    live(juwon)
    message = juwon.locator("pair-chat .pc-message")
    watched = minji.locator("pair-chat-watch .pc-message")
    remove(minji.context.new_page(), single)
    for item in (message, watched):
        expect(item.locator("pair-chat-card")).to_have_count(0)
        expect(item).to_contain_text("Deleted message", use_inner_text=True)
        expect(item).not_to_contain_text("6,100 won")


def remove(page: Page, url: str) -> None:
    """Delete a message on its own page."""
    page.goto(url)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("pair-chat")).to_be_visible()


def test_a_card_does_not_come_back_when_its_script_is_late(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    room = minji.url
    offer(minji, 6_200)
    late = keep_back(juwon, re.compile("pairchat-cards.*js$"))
    # As where a script puts the chat into a page: its modules need not come in their order.
    source = 'src="/static/pairchat/pairchat-cards.js"'
    change(juwon, room, source, f"async {source}")
    juwon.goto(room, wait_until="commit")
    expect(cards(juwon)).to_have_count(1)
    live(juwon)
    cards(minji).get_by_role("button", name="Withdraw").click()
    says(cards(minji), "Withdrawn")
    remove(minji, f"{room}messages/1/")
    expect(messages(juwon)).to_contain_text("Deleted message", use_inner_text=True)
    for route in late:
        route.continue_()
    juwon.wait_for_function("() => customElements.get('pair-chat-card') !== undefined")
    expect(cards(juwon)).to_have_count(0)


def test_nor_on_the_page_of_one_message(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    offer(minji, 6_250)
    single = f"{minji.url.partition('#')[0]}messages/1/"
    late = keep_back(minji, re.compile("pairchat-cards.*js$"))
    source = 'src="/static/pairchat/pairchat-cards.js"'
    change(minji, single, source, f"async {source}")
    minji.goto(single, wait_until="commit")
    live(juwon)
    cards(juwon).get_by_role("button", name="Decline").click()
    expect(minji.locator("[data-watch]")).to_have_attribute("data-edited", re.compile("^2"))
    remove(minji.context.new_page(), single)
    expect(minji.locator("[data-watch]")).to_contain_text("Deleted message", use_inner_text=True)
    came = minji.evaluate_handle(
        """() => {
          const came = [];
          const see = (records) => came.push(...records.flatMap(({ addedNodes }) => [...addedNodes]));
          new MutationObserver(see).observe(document.querySelector("[data-watch]"), { childList: true, subtree: true });
          return came;
        }"""
    )
    for route in late:
        route.continue_()
    minji.wait_for_function("() => customElements.get('pair-chat-card') !== undefined")
    assert came.evaluate("came => came.filter(({ localName }) => localName === 'pair-chat-card').length") == 0


def test_a_change_of_a_card_is_told_once_and_only_if_it_is_called_otherwise(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    offer(minji, 6_300)
    says(cards(juwon), "6,300 won")
    listen(juwon)
    send(minji, "an answer")
    expect(messages(juwon)).to_have_count(2)
    open_menu(minji, "6,300 won").locator("[data-emoji]").first.click()
    expect(messages(juwon).first.locator("[data-pc-part=reactions]")).to_be_visible()
    cards(juwon).get_by_role("button", name="Decline").click()
    says(cards(juwon), "Declined")
    declined = "Offer declined: 6,300 won"
    assert [text for text in told(juwon, declined) if "6,300" in text] == [declined]


def test_on_a_phone_the_text_of_a_card_can_be_selected(sign_in: SignIn, meet: Meet) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    juwon, minji = sign_in("juwon", **phone), sign_in("minji")
    minji.goto(meet(juwon, minji))
    live(juwon)
    offer(minji, 6_400)
    says(cards(juwon), "6,400 won")
    finger = Finger(juwon, cards(juwon).locator(".deal-kind"))
    expect(messages(juwon)).to_have_attribute("data-held", "")
    finger.lift()
    juwon.locator("pair-chat [data-pc-action=select]").tap()
    assert "6,400 won" in juwon.evaluate("getSelection().toString()")


def test_the_page_of_one_message_follows_its_card(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    offer(minji, 5_000)
    expect(cards(juwon)).to_be_visible()
    minji.goto(f"{minji.url.split('#')[0]}messages/1/")
    card = minji.locator("pair-chat-watch pair-chat-card")
    says(card, "Open until")
    cards(juwon).get_by_role("button", name="Decline").click()
    says(card, "Declined")
    expect(card.get_by_role("button")).to_have_count(0)


def test_the_list_of_messages_stays_one_stop_for_the_keyboard(pair: tuple[Page, Page]) -> None:
    juwon, minji = pair
    live(juwon)
    offer(minji, 4_000)
    expect(cards(juwon)).to_be_visible()
    send(juwon, something_new("hello"))
    expect(messages(juwon)).to_have_count(2)
    stops = "[...document.querySelectorAll('pair-chat-card button, pair-chat-card summary')].map(each => each.tabIndex)"
    assert set(juwon.evaluate(stops)) == {-1}
    messages(juwon).last.focus()
    juwon.keyboard.press("ArrowUp")
    assert set(juwon.evaluate(stops)) == {0}


OFFERS = """
import uuid
from django.contrib.auth.models import User
from deals import actions
from django_pairchat.services import open_room
from posts.models import Post
minji, juwon, sora = (User.objects.get(username=name) for name in ("minji", "juwon", "sora"))
post = Post.objects.create(author=juwon, kind="found", title="Race", place="Here", body="?")
rooms = [open_room(maker, juwon, topic=post) for maker in (minji, sora)]
for room in rooms * 10:
    print(actions.make_offer(room.user1, str(room.pk), uuid.uuid4(), 1000).pk)
"""
ACTS = """
import sys, time, uuid
from django.contrib.auth.models import User
from deals import actions
from deals.models import Offer
start, *offers = {start}, *{offers}
time.sleep(max(0, start - time.time()))
for pk in offers:
    offer = Offer.objects.get(pk=pk)
    user = {user}
    try:
        actions.answer_offer(user, uuid.UUID(pk), "{answer}", 2000)
        print("done", pk)
    except actions.Refused as refused:
        print("refused", pk)
"""
STATES = """
from deals.models import Offer
for offer in Offer.objects.filter(post__title="Race").select_related("card"):
    print(offer.pk, offer.state, offer.card.data["state"])
"""


@pytest.mark.parametrize("answers", [("accept", "withdraw"), ("accept", "accept"), ("counter", "decline")])
def test_of_two_acts_at_once_one_is_done_and_cards_say_what_the_rows_say(
    board: Board, answers: tuple[str, str]
) -> None:
    """In two processes: accepting one offer closes the others, and no two of them may wait for each other."""
    board.manage("shell", "-v", "0", "-c", "from posts.models import Post; Post.objects.filter(title='Race').delete()")
    offers = board.manage("shell", "-v", "0", "-c", OFFERS).split()
    start = time.time() + 4
    with ThreadPoolExecutor() as pool:
        # The second goes through them from the other end.
        orders = (offers, offers[::-1])
        users = ["offer.maker" if answer == "withdraw" else 'User.objects.get(username="juwon")' for answer in answers]
        acts = [
            ACTS.format(start=start, offers=order, user=user, answer=answer)
            for order, user, answer in zip(orders, users, answers, strict=True)
        ]
        said = list(pool.map(lambda act: board.manage("shell", "-v", "0", "-c", act), acts))
    results = [dict(reversed(line.split()) for line in each.splitlines()) for each in said]
    assert all(set(each) == set(offers) for each in results)
    states = [line.split() for line in board.manage("shell", "-v", "0", "-c", STATES).splitlines()]
    assert all(row == card for _, row, card in states)
    ended = {pk: row for pk, row, _ in states if pk in offers}
    names = {"accept": "accepted", "withdraw": "withdrawn", "counter": "countered", "decline": "declined"}
    for pk, row in ended.items():
        done = {names[answer] for answer, each in zip(answers, results, strict=True) if each[pk] == "done"}
        # Neither was done where another offer was accepted first.
        assert done == ({row} if row != "closed" else set())
    assert list(ended.values()).count("accepted") <= 1
