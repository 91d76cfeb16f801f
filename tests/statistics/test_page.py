"""The page of statistics in the admin: pictures that need neither a script nor a style, each with its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_pairchat.statistics.added import _added, add_daily_figure
from django_pairchat.statistics.models import DailyFigures, RefusalCount
from tests.support.counting import counted
from tests.support.people import make_user

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert(1)</script> & more"


@pytest.fixture
def url() -> str:
    return reverse("admin:pairchat_statistics_dailyfigures_changelist")


@pytest.fixture
def figures() -> None:
    today = timezone.localdate()
    for ago in range(1, 41):
        DailyFigures.objects.create(
            day=today - timedelta(days=ago),
            messages=1000 + ago,
            new_chats=ago,
            first_answers=1,
            answer_seconds=90 * ago,
            topics=[{"type": "auth.group", "key": "1", "title": NASTY, "messages": 5, "chats": 1}],
            more={"sold": 3},
        )
    RefusalCount.objects.create(day=today, code="busy", count=12)
    RefusalCount.objects.create(day=today - timedelta(days=2), code="rate_limited", count=7)
    RefusalCount.objects.create(day=today - timedelta(days=2), code="busy", count=1)
    RefusalCount.objects.create(day=today - timedelta(days=60), code="empty", count=100)


def client_of(*permissions: str) -> Client:
    staff = make_user("Staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def staff() -> Client:
    return client_of("view_dailyfigures")


def pictures(page: str) -> dict[str, ET.Element]:
    """The pictures by their title, read as strictly as XML is."""
    # Within a page of HTML a picture needs no namespace; a parser of XML does.
    found = [
        ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
        for svg in re.findall(r"<svg viewBox.*?</svg>", page, re.DOTALL)
    ]
    return {str(svg.findtext(f"{SVG}title")): svg for svg in found}


def table(page: str, title: str) -> list[list[str]]:
    [found] = [each for each in re.findall(r"<table>.*?</table>", page, re.DOTALL) if f"<caption>{title}<" in each]
    rows = re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_only_staff_with_the_permission_see_it(url: str, figures: None) -> None:
    assert client_of().get(url).status_code == 403
    assert client_of("view_dailyfigures").get(url).status_code == 200
    assert Client().get(url).status_code == 302


def test_each_picture_has_a_title_a_description_and_a_table(staff: Client, url: str, figures: None) -> None:
    page = staff.get(url).content.decode()
    drawn = pictures(page)
    assert list(drawn) == [
        "Messages",
        "New chats",
        "Minutes to the first answer (median of a day)",
        "Refusals by code",
        "Busiest topics",
    ]
    for title, svg in drawn.items():
        described = svg.attrib["aria-labelledby"].split()
        assert [svg.find(f"*[@id='{each}']").text for each in described] == [title, svg.findtext(f"{SVG}desc")]  # type: ignore[union-attr]  # None would fail the test, too
        assert svg.findtext(f"{SVG}desc")
        assert svg.attrib["role"] == "img"
        assert table(page, title)
    assert len(set(re.findall(r'\bid="([^"]+)"', page))) == len(re.findall(r'\bid="([^"]+)"', page))


def test_the_columns_are_as_high_as_the_numbers(staff: Client, url: str, figures: None) -> None:
    page = staff.get(url + "?days=7").content.decode()
    bars = pictures(page)["New chats"].findall(f".//{SVG}rect")
    assert len(bars) == 7
    heights = [float(bar.attrib["height"]) for bar in bars]
    # 7, 6, … 1 chats, the oldest day first.
    assert [round(height / heights[0] * 7, 1) for height in heights] == [7, 6, 5, 4, 3, 2, 1]
    rows = table(page, "New chats")
    assert [row[1] for row in rows[1:]] == ["7", "6", "5", "4", "3", "2", "1"]
    assert next(row[1] for row in table(page, "Minutes to the first answer (median of a day)")[1:]) == "10.5"


@pytest.mark.parametrize(
    ("asked", "days"), [("", 30), ("?days=7", 7), ("?days=90", 90), ("?days=5000", 30), ("?days=x", 30)]
)
def test_the_period_can_be_chosen(staff: Client, url: str, figures: None, asked: str, days: int) -> None:
    page = staff.get(url + asked).content.decode()
    assert len(table(page, "Messages")) == 1 + days
    assert f'<a href="?days={days}" aria-current="page">' in page


def test_refusals_are_added_up_and_the_most_frequent_come_first(staff: Client, url: str, figures: None) -> None:
    page = staff.get(url).content.decode()
    assert table(page, "Refusals by code")[1:] == [["busy", "13"], ["rate_limited", "7"]]
    assert table(staff.get(url + "?days=90").content.decode(), "Refusals by code")[1][0] == "empty"


def test_a_title_is_a_text_and_nothing_else(staff: Client, url: str, figures: None) -> None:
    page = staff.get(url).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def test_it_needs_no_script_and_no_style_of_its_own(staff: Client, url: str, figures: None) -> None:
    content = staff.get(url).content.decode().partition('<div id="content-main"')[2].partition("<footer")[0]
    assert "<script" not in content
    assert " style=" not in content
    assert "<style" not in content
    assert not re.search(r"\son\w+=", content)


def test_numbers_are_written_as_in_the_readers_language(staff: Client, url: str, figures: None, settings: Any) -> None:
    page = staff.get(url + "?days=7", headers={"accept-language": "de"}).content.decode()
    assert "Nachrichten" in page
    assert "1.007" in page
    # But those of the picture as SVG has them.
    assert all("," not in bar.attrib["height"] for bar in pictures(page)["Nachrichten"].findall(f".//{SVG}rect"))


def test_without_figures_it_says_what_to_do(staff: Client, url: str) -> None:
    page = staff.get(url).content.decode()
    assert "manage.py pairchat_roll_up" in page
    assert pictures(page) == {}


@pytest.fixture
def sold() -> Iterator[None]:
    add_daily_figure("sold", "Sold", lambda start, end: 3)
    yield
    _added.pop("sold")


def test_a_figure_of_another_app_has_a_picture_while_it_is_installed(
    staff: Client, url: str, figures: None, sold: None
) -> None:
    assert table(staff.get(url + "?days=7").content.decode(), "Sold")[1:][0][1] == "3"


def test_a_longer_history_takes_no_more_queries(staff: Client, url: str) -> None:
    staff.get(url)
    with counted() as few:
        staff.get(url)
    for ago in range(1, 90):
        DailyFigures.objects.create(day=timezone.localdate() - timedelta(days=ago), messages=ago)
    with counted() as many:
        staff.get(url + "?days=90")
    assert many.count == few.count


def test_nobody_changes_or_deletes_a_day(url: str, figures: None) -> None:
    root = make_user("Root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(root)
    day = DailyFigures.objects.earliest("day")
    change = reverse("admin:pairchat_statistics_dailyfigures_change", args=[day.pk])
    delete = reverse("admin:pairchat_statistics_dailyfigures_delete", args=[day.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"messages": 1}).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
