"""Oscar: languages in its addresses, a transaction for each request, a replica, and products of several classes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import live

from .conftest import Enter
from .served import Host
from .test_chatting import open_chat

pytestmark = pytest.mark.hosts("shop")


def test_the_topic_leads_to_the_language_of_its_reader(host: Host, enter: Enter) -> None:
    buyer = enter(host.kind.reader, host.topic)
    room = open_chat(buyer)
    assert room.startswith("/en-gb/chat/")
    seller = enter(host.kind.author, room)
    seller.goto(room.replace("/en-gb/", "/ko/"))
    live(seller)
    topic = seller.locator(".pc-room a.pc-topic", has_text="Bicycles of the world")
    expect(topic).to_have_attribute("href", host.topic.replace("/en-gb/", "/ko/"))
    expect(seller.locator("[data-pc-view]")).to_have_attribute("lang", "ko")


def test_a_product_is_one_topic_whatever_its_class(host: Host) -> None:
    rooms = host.run(
        "from books.models import Book, OnSale\n"
        "from django.contrib.auth.models import User\n"
        "from oscar.apps.catalogue.models import Product\n"
        "from django_pairchat.services import open_room\n"
        "buyer, seller = User.objects.get(username='juwon'), User.objects.get(username='minji')\n"
        "rooms = [open_room(buyer, seller, topic=kind.objects.get()) for kind in (Product, Book, OnSale)]\n"
        "print(len({room.pk for room in rooms}), {room.topic_title for room in rooms})\n"
    )
    assert rooms == "1 {'Bicycles of the world'}"
