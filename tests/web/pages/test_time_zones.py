"""Times on the pages that no element fills: in the zone of the reader's browser, as in rooms and lists."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import engines
from django.test import AsyncClient, RequestFactory
from django.utils import timezone

from django_pairchat import get_message_model, services
from django_pairchat.web import surroundings
from django_pairchat.web.surroundings import in_reader_time_zone

from .browser import Browser

SENT = datetime(2020, 11, 28, 22, 58, tzinfo=UTC)
LOS_ANGELES = ("America/Los_Angeles", "Nov. 28, 2020", "2:58 p.m.")
SEOUL = ("Asia/Seoul", "Nov. 29, 2020", "7:58 a.m.")
AS_THE_SERVER = ("", "Nov. 28, 2020", "10:58 p.m.")


@pytest.fixture(autouse=True)
def message(room: Any, juwon: Any, settings: Any) -> None:
    settings.USE_TZ = True
    services.send(room, juwon, "hello")
    get_message_model().objects.update(created_at=SENT)


@pytest.fixture(params=[LOS_ANGELES, SEOUL, AS_THE_SERVER, ("Nowhere/At_All", *AS_THE_SERVER[1:])])
def reader(request: pytest.FixtureRequest, at_minji: Browser) -> Any:
    """The browser of a reader somewhere; the date and the time that it should show."""
    zone, date, time = request.param
    if zone:
        at_minji.client.cookies["pairchat_timezone"] = zone
    return at_minji, date, time


def test_a_search_shows_the_readers_date(reader: Any) -> None:
    browser, date, _time = reader
    assert browser.open("/chat/search/?query=hello").root.all("time")[0].text == date


@pytest.mark.parametrize("page", ["messages/1/", "report/?seq=1", ""])
def test_a_message_shows_the_readers_time(reader: Any, key: str, page: str) -> None:
    browser, _date, time = reader
    times = browser.open(f"/chat/rooms/{key}/{page}").root.all("time", data_pc_slot="time")
    assert time in [shown.text for shown in times]


def test_a_menu_says_until_when_in_the_readers_zone(reader: Any, room: Any, minji: Any, key: str) -> None:
    browser, _date, time = reader
    later = SENT.replace(year=2126)
    services.change_settings(minji, key, muted_until=later)
    assert f"Muted until 11/{'29' if 'a.m.' in time else '28'}/2126 {time}" in browser.open(f"/chat/rooms/{key}/").text


def test_a_tag_in_a_page_of_the_host_does_so_too(minji: Any, room: Any) -> None:
    request = RequestFactory().get("/", headers={"cookie": "pairchat_timezone=Asia/Seoul"})
    request.user = minji
    shown = engines["django"].from_string("{% load pairchat %}{% pairchat_room room %}").render({"room": room}, request)
    assert "7:58 a.m." in shown
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "America", "A" * 5000, "é"])
def test_a_cookie_of_nonsense_costs_nothing(at_minji: Browser, name: str) -> None:
    at_minji.client.cookies["pairchat_timezone"] = name
    assert at_minji.open("/chat/search/?query=hello").root.all("time")[0].text == AS_THE_SERVER[1]


def test_a_cookie_that_no_browser_sends_costs_nothing_either() -> None:
    request = RequestFactory().get("/")
    # Not through a test client: some Pythons refuse to write such a cookie.
    request.COOKIES["pairchat_timezone"] = "Asia/Seoul\x00"
    with in_reader_time_zone(request):
        assert timezone.get_current_timezone_name() == "UTC"


def test_a_site_without_time_zones_shows_its_own_time(at_minji: Browser, settings: Any) -> None:
    settings.USE_TZ = False
    at_minji.client.cookies["pairchat_timezone"] = "Asia/Seoul"
    assert at_minji.open("/chat/search/?query=hello").root.all("time")[0].text == AS_THE_SERVER[1]


# How the pages are served


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Any:
    surroundings._tell_once.cache_clear()
    caplog.set_level(logging.WARNING, "django_pairchat")
    yield caplog
    surroundings._tell_once.cache_clear()


def test_a_developer_is_told_once_that_pages_poll(at_minji: Browser, settings: Any, log: Any) -> None:
    settings.DEBUG = True
    at_minji.open("/chat/")
    at_minji.open("/chat/")
    assert log.text.count("served over WSGI") == 1
    assert "uvicorn" in log.text


def test_nobody_is_told_in_production(at_minji: Browser, settings: Any, log: Any) -> None:
    settings.DEBUG = False
    at_minji.open("/chat/")
    assert not log.text


@pytest.mark.django_db(transaction=True)
async def test_nobody_is_told_by_an_asgi_server(settings: Any, log: Any, minji: Any) -> None:
    settings.DEBUG = True
    client = AsyncClient()
    await client.aforce_login(minji)
    assert (await client.get("/chat/")).status_code == 200
    assert "WSGI" not in log.text
