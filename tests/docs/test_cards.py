"""The guide's offers, pasted into a project that ``startproject`` made: two people make, decline and see one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .page import Reader, outside_of_any_environment
from .visitor import Visitor

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
PASSWORD = "lost-and-found"
SETTINGS = """
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default", "shop"]
LOGIN_REDIRECT_URL = "/chat/"
MEDIA_ROOT = BASE_DIR / "media"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
"""
URLS = """
from django.contrib.auth.views import LoginView
from django.urls import include
urlpatterns += [
    path("chat/", include("django_pairchat.urls")),
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html")),
]
"""
BEGIN = """
from django.contrib.auth.models import User
from django_pairchat.services import open_room
people = [User.objects.create_user(name, password="lost-and-found") for name in ("minji", "juwon")]
print("room:", open_room(*people).pk)
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who has pasted all of the page, in an environment in which the library is installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**outside_of_any_environment(), "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}
    with Reader(tmp_path_factory.mktemp("reader"), environment) as somebody:
        somebody.run("python -m django startproject project .")
        somebody.run("python manage.py startapp shop")
        somebody.write("project/settings.py", SETTINGS, whole_file=False)
        somebody.write("project/urls.py", URLS, whole_file=False)
        somebody.follow((GUIDES / "cards.md").read_text("utf-8"))
        somebody.run("python manage.py makemigrations shop")
        somebody.run("python manage.py migrate")
        yield somebody


def without_the_empty_card(page: str) -> str:
    """The page up to what it keeps for cards that come later."""
    return page.partition('<template data-pc-template="kind-')[0]


def shown(page: str) -> list[str]:
    """What the card shows of its state: the lines that are not hidden."""
    found = re.findall(r'<p data-pc-if="[^"]*"([^>]*)>(\w+)</p>', without_the_empty_card(page))
    return [text for others, text in found if "hidden" not in others]


def test_an_offer_is_made_and_declined(reader: Reader) -> None:
    room = re.search(r"room: (\d+)", reader.run(f"python manage.py shell -c '{BEGIN}'"))
    assert room
    reader.run("uvicorn project.asgi:application --ws websockets-sansio")
    site, chat = f"http://127.0.0.1:{reader.port}", f"/chat/rooms/{room[1]}/"
    with Visitor(site) as minji, Visitor(site) as juwon:
        minji.log_in("minji", PASSWORD)
        link = re.search(r'href="([^"]+)">Make an offer<', minji.open(chat))
        assert link
        minji.open(link[1])
        assert "30,000" in minji.send(price="30000")
        assert (urlsplit(minji.address).path, shown(minji.page)) == (chat, [])
        juwon.log_in("juwon", PASSWORD)
        juwon.page = without_the_empty_card(juwon.open(chat))
        juwon.send("/offers/answer/", answer="decline")
        assert (urlsplit(juwon.address).path, shown(juwon.page)) == (chat, ["Declined"])
        assert shown(minji.open(chat)) == ["Declined"]
