"""README, docs home and install guide, followed word for word in a project that ``startproject`` made."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from PIL import Image

from .page import Reader, blocks, outside_of_any_environment
from .visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "lost-and-found"
FENCE = re.compile(r"^```(?P<language>\w+)\n(?:# (?P<path>[\w./]+)\n)?(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = "uvicorn project.asgi:application --ws websockets-sansio --ws-per-message-deflate false"
TAGS = "{% pairchat_button"

# What stands for the project that somebody has: a page about something of somebody.
VIEW = """
from django.contrib.auth.models import User
from django.shortcuts import render

def post(request):
    post = User.objects.get(username="juwon")
    post.author = post
    return render(request, "post.html", {"post": post})
"""
URLS = """
from django.urls import path
from project.views import post
urlpatterns += [path("", post)]
"""
SETTINGS = """
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
"""


def readme(name: str, heading: str) -> str:
    """The README's section, in the form of the other pages: a comment names the file, a shell has no prompt."""
    text = (ROOT / name).read_text("utf-8")
    text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return FENCE.sub(_as_a_block, text)


def _as_a_block(fence: re.Match[str]) -> str:
    text, language, option = fence["text"], fence["language"], ""
    if language == "sh":
        language, text = "console", re.sub("^", "$ ", text.rstrip("\n"), flags=re.MULTILINE) + "\n"
    if fence["path"]:
        option = f":caption: {fence['path']}\n\n"
    return f"```{{code-block}} {language}\n{option}{text}```"


def install_guide() -> str:
    return (ROOT / "docs" / "guides" / "install.md").read_text("utf-8").split("\n## What it needs\n")[0]


def first_page() -> str:
    """The docs' first page leaves to the others how to start."""
    text = (ROOT / "docs" / "index.md").read_text("utf-8").split("\nStart with the [tutorial]")[0]
    return f"{text}\n```{{code-block}} console\n$ python manage.py migrate\n$ {RUN}\n```\n"


PAGES = {
    "README.md": partial(readme, "README.md", "Put it into a project"),
    "README.ko.md": partial(readme, "README.ko.md", "프로젝트에 넣기"),
    "docs/guides/install.md": install_guide,
    "docs/index.md": first_page,
}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return folder


@pytest.fixture(scope="module", params=PAGES)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Iterator[Reader]:
    page = PAGES[request.param]()
    environment = outside_of_any_environment()
    environment["PIP_FIND_LINKS"] = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    with Reader(tmp_path_factory.mktemp("reader"), environment) as somebody:
        for command in ("python3 -m venv .venv", ". .venv/bin/activate", 'pip install "django>=5.2"'):
            somebody.run(command)
        somebody.run("django-admin startproject project .")
        somebody.write("project/views.py", VIEW, whole_file=True)
        somebody.write("project/urls.py", URLS, whole_file=False)
        somebody.write("project/settings.py", SETTINGS, whole_file=False)
        tags = next(block.text for block in blocks(page) if TAGS in block.text)
        document = f"<!doctype html><title>Post</title>{tags}"
        somebody.write("templates/post.html", document, whole_file=True)
        somebody.follow(page)
        create = "from django.contrib.auth.models import User; User.objects.create_user"
        for name in ("minji", "juwon"):
            somebody.run(f"python manage.py shell -c \"{create}('{name}', password='{PASSWORD}')\"")
        yield somebody


def test_nothing_is_wrong_with_the_project(reader: Reader) -> None:
    assert "WARNINGS" not in reader.run("python manage.py check --fail-level WARNING")
    assert "All is well." in reader.run(f"python manage.py pairchat_doctor --url http://127.0.0.1:{reader.port}/")


def test_a_visitor_logs_in_by_the_button_and_sends_a_picture(reader: Reader) -> None:
    site = f"http://127.0.0.1:{reader.port}"
    with Visitor(site) as visitor:
        login = re.search(r'class="pc-open[^"]*" href="([^"]+)"', visitor.open("/"))
        assert login is not None
        visitor.open(login[1])
        page = visitor.send(username="minji", password=PASSWORD)
        assert urlsplit(visitor.address).path == "/chat/open/"
        assert page.count("pairchat/pairchat.css") == page.count("pairchat/pairchat.js") == 1
        for address in re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', page):
            assert visitor.client.get(urljoin(site, address)).status_code == 200, address
        room = visitor.send("/chat/open/")
        assert "/chat/rooms/" in visitor.address
        assert ".png" in room
        png = BytesIO()
        Image.new("RGB", (20, 20), "red").save(png, "PNG")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', room)
        client_id = re.search(r'name="client_id" value="([^"]+)"', room)
        assert token is not None
        assert client_id is not None
        sent = visitor.client.post(
            f"{visitor.address}send/",
            data={"csrfmiddlewaretoken": token[1], "client_id": client_id[1], "content": "", "reply_to": ""},
            files={"file": ("red.png", png.getvalue(), "image/png")},
        )
        thumbnail = re.search(r'src="(/chat/rooms/[^"]+/thumbnail/)"', sent.text)
        assert thumbnail is not None, sent.text[:2000]
        assert visitor.client.get(thumbnail[1]).headers["Content-Type"] == "image/webp"
