"""What every page promises to browsers, screen readers, the strictest content policy, and the browser client."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

import django_pairchat
from django_pairchat import get_message_model, services

from .browser import Browser, Element, Page, parse

ADDRESSES = (
    "/chat/",
    "/chat/?archived=1",
    "/chat/rooms/{key}/",
    "/chat/rooms/{key}/?reply=1",
    "/chat/rooms/{key}/messages/1/",
    "/chat/rooms/{key}/messages/2/",
    "/chat/rooms/{key}/report/?seq=1",
    "/chat/search/?query=hello",
    "/chat/rooms/{missing_key}/",
)
PACKAGE = Path(django_pairchat.__file__).parent
HOSTILE = "<script>alert(1)</script></textarea>{{7*7}}<img src=x onerror=alert(1)>\u202eevil &amp; \"'"


@pytest.fixture(params=ADDRESSES)
def page(request: Any, at_minji: Browser, room: Any, key: str, missing_key: str) -> Page:
    minji, juwon = room.user1, room.user2
    services.send(room, juwon, "hello")
    services.send(room, minji, "hello yourself", reply_to=1)
    services.react(juwon, key, 2, "👍")
    return at_minji.open(request.param.format(key=key, missing_key=missing_key))


def everything(root: Element) -> list[Element]:
    """All elements, those inside templates too."""
    found = [root]
    for child in root.children:
        if isinstance(child, Element):
            found += everything(child)
    return found


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(page: Page) -> None:
    for element in everything(page.root):
        assert element.tag != "style"
        assert "style" not in element.attrs
        assert not [name for name in element.attrs if name.startswith("on")]
        if element.tag == "script":
            assert ("src" in element.attrs) is (element["type"] == "module")
            assert element["type"] in {"module", "application/json"}
        for name in ("src", "href", "action"):
            assert element.attrs.get(name, "/").startswith(("/", "#", "?"))


def test_ids_are_unique(page: Page) -> None:
    ids = [element["id"] for element in page.root.all(id=True)]
    assert len(ids) == len(set(ids))


def test_the_page_says_its_language_and_direction_and_has_one_first_heading(page: Page) -> None:
    assert (page.root.one("html")["lang"], page.root.one("html")["dir"]) == ("en", "ltr")
    assert len(page.root.all("h1")) == 1
    assert len(page.root.all("main")) == 1
    assert page.root.one("title").text


def test_a_page_stands_in_the_main_part_of_its_host_and_brings_none(
    tmp_path: Path, settings: Any, at_minji: Browser, key: str
) -> None:
    (tmp_path / "pairchat").mkdir()
    (tmp_path / "base.html").write_text("<html><main>{% block content %}{% endblock %}</main></html>")
    frame = '{% extends "base.html" %}{% block content %}{% block pairchat %}{% endblock %}{% endblock %}'
    (tmp_path / "pairchat/base.html").write_text(frame)
    settings.TEMPLATES = [{**each, "DIRS": [tmp_path, *each.get("DIRS", ())]} for each in settings.TEMPLATES]
    for address in ("/chat/", f"/chat/rooms/{key}/", "/chat/search/", "/chat/preferences/"):
        root = at_minji.open(address).root
        assert len(root.all("main")) == 1
        assert root.one("main").one("div", data_pc_view=True)


def test_every_control_has_a_name(page: Page) -> None:
    labelled = {label["for"] for label in page.root.all("label", for_=True)}
    for control in page.root:
        if control.tag in {"textarea", "select"} or (control.tag == "input" and control["type"] != "hidden"):
            inside_label = control.parent is not None and control.parent.tag == "label"
            assert control.attrs.get("id") in labelled or inside_label
        if control.tag in {"button", "a", "summary"} and not _is_filled_later(control):
            assert control.text


def _is_filled_later(control: Element) -> bool:
    here: Element | None = control
    while here is not None:
        if "hidden" in here.attrs:
            return True
        here = here.parent
    return False


def test_the_log_is_quiet_and_the_announcer_speaks(at_minji: Browser, key: str) -> None:
    page = at_minji.open(f"/chat/rooms/{key}/")
    log = page.root.one(role="log")
    assert (log["aria-live"], log["aria-label"]) == ("off", "Messages")
    assert log.one("ol", data_pc_list=True)
    assert page.root.slot("announcer")["aria-live"] == "polite"
    assert page.root.slot("alert")["role"] == "alert"


def test_hostile_texts_and_names_are_shown_literally(
    at_minji: Browser, room: Any, juwon: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django_pairchat.policy import Policy, Profile

    monkeypatch.setattr(Policy, "profile", lambda self, user: Profile(HOSTILE, url="/people/"))
    type(room)._default_manager.update(topic_title=HOSTILE, topic_url="/posts/1/")
    services.send(room, juwon, HOSTILE)
    for address in (f"/chat/rooms/{key}/", f"/chat/rooms/{key}/messages/1/", "/chat/", "/chat/search/?query=alert"):
        page = at_minji.open(address)
        assert "<script>alert" not in page.html
        assert "onerror" not in [name for element in everything(page.root) for name in element.attrs]
        assert "{{7*7}}" in page.text
    shown = at_minji.open(f"/chat/rooms/{key}/").message(1)
    assert "".join(map(str, shown.slot("content").children)) == HOSTILE
    assert shown.slot("content")["dir"] == "auto"
    assert shown.slot("sender").tag == "bdi"


def test_times_are_utc_for_machines_and_local_for_people(
    at_minji: Browser, room: Any, juwon: Any, key: str, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    services.send(room, juwon, "late")
    at = timezone.now().replace(year=2026, month=1, day=1, hour=16, minute=5, second=6, microsecond=7000)
    get_message_model()._default_manager.update(created_at=at)
    page = at_minji.open(f"/chat/rooms/{key}/")
    time = page.message(1).slot("time")
    assert (time["datetime"], time.text) == ("2026-01-01T16:05:06.007Z", "1:05 a.m.")
    assert page.root.one("li", class_="pc-day")["data-day"] == "2026-01-02"


@pytest.mark.parametrize(("days", "name"), [(0, "Today"), (1, "Yesterday"), (365, "")])
def test_days_are_called_as_people_do(at_minji: Browser, room: Any, key: str, days: int, name: str) -> None:
    services.send(room, room.user2, "hello")
    at = timezone.now() - timedelta(days=days)
    get_message_model()._default_manager.update(created_at=at)
    shown = at_minji.open(f"/chat/rooms/{key}/").root.one("li", class_="pc-day")
    assert shown["data-day"] == at.date().isoformat()
    assert shown.text == name or (not name and str(at.year) in shown.text)


def test_messages_of_one_sender_within_five_minutes_are_a_group(
    at_minji: Browser, room: Any, minji: Any, juwon: Any, key: str
) -> None:
    start = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
    lines = [(juwon, 0), (juwon, 299), (juwon, 599), (minji, 610), (juwon, 611), (juwon, 3 * 3600 * 8)]
    for number, (sender, seconds) in enumerate(lines, 1):
        services.send(room, sender, str(number))
        get_message_model()._default_manager.filter(seq=number).update(created_at=start + timedelta(seconds=seconds))
    page = at_minji.open(f"/chat/rooms/{key}/")
    firsts = [message["data-seq"] for message in page.messages if "data-first" in message.attrs]
    lasts = [message["data-seq"] for message in page.messages if "data-last" in message.attrs]
    assert firsts == ["1", "3", "4", "5", "6"]
    assert lasts == ["2", "3", "4", "5", "6"]
    assert len(page.root.all("li", class_="pc-day")) == 2


def test_the_template_of_a_bubble_has_the_slots_of_a_bubble(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    services.send(room, minji, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/")
    template = page.root.one("template", data_pc_template="message")
    blank = next(child for child in template.children if isinstance(child, Element))

    def slots(element: Element) -> set[str]:
        marks = ("data-pc-slot", "data-pc-part", "data-pc-action")
        return {each[mark] for each in everything(element) for mark in marks if mark in each.attrs}

    of_what_never_changes = {"avatar", "initial", "reply", "jump", "reply-sender", "reply-content", "image", "enlarge"}
    of_what_never_changes |= {"file", "file-name", "file-size", "failed", "retry", "fix", "discard"}
    of_what_never_changes |= {"audio", "video", "speed"}
    of_what_never_changes |= {f"player{name}" for name in ("", "-toggle", "-wave", "-position", "-time")}
    # Where a message gains one later it is a copy of the template's.
    of_a_preview = {f"preview{name}" for name in ("", "-image", "-site", "-title", "-description", "-remove")}
    of_what_never_changes |= {*of_a_preview, "star", "reactions", "reaction-mine", "reaction-peer"}
    assert slots(blank) - of_what_never_changes == slots(page.message(1))
    assert blank.slot("content").text == ""
    assert "id" not in blank.attrs


def test_a_message_brings_only_what_it_has(at_minji: Browser, room: Any, minji: Any, juwon: Any, key: str) -> None:
    """A page has dozens of them, and the browser styles each element."""
    for person in (minji, minji, juwon):
        services.send(room, person, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/")
    parts = [
        [each["data-pc-part"] for each in everything(page.message(seq)) if "data-pc-part" in each.attrs]
        for seq in (1, 3)
    ]
    assert parts == [["text", "deleted", "edited"]] * 2
    assert [len(page.message(seq).all("svg")) for seq in (1, 2, 3)] == [0, 1, 0]


def test_all_stylesheets_of_a_room_come_before_what_is_painted(
    at_minji: Browser, room: Any, minji: Any, key: str
) -> None:
    """Where the browser comes upon one that has not arrived it stops and paints what it has."""
    services.send(room, minji, "hello")
    names = [(each.tag, each.attrs.get("rel")) for each in everything(at_minji.open(f"/chat/rooms/{key}/").root)]
    assert ("link", "stylesheet") in names
    assert ("link", "stylesheet") not in names[names.index(("pair-chat-inbox", None)) :]


def test_htmx_leaves_alone_what_the_client_does_itself(at_minji: Browser, room: Any, minji: Any, key: str) -> None:
    """It listens on each link and form, and does not ask whether somebody else has dealt with an event."""
    services.send(room, minji, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/")
    links = [each for each in everything(page.root) if each.tag == "a" and "data-pc-action" in each.attrs]
    boosted = {
        each["data-pc-action"]
        for each in links
        if each.attrs.get("hx-boost") != "false" and each.attrs.get("target") != "_blank"
    }
    # A report is a page of its own.
    assert boosted == {"report"}
    assert page.root.one("form", id="composer")["hx-boost"] == "false"


def test_a_host_that_overrides_the_bubble_changes_both_renderings(
    at_minji: Browser, room: Any, key: str, settings: Any, tmp_path: Path
) -> None:
    partials = tmp_path / "pairchat" / "partials"
    partials.mkdir(parents=True)
    (partials / "message.html").write_text('<li class="mine" data-seq="{{ bubble.seq }}">{{ bubble.content }}</li>')
    engine = {**settings.TEMPLATES[0], "DIRS": [tmp_path]}
    settings.TEMPLATES = [engine]
    services.send(room, room.user1, "hello")
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.root.one("li", class_="mine").text == "hello"
    template = page.root.one("template", data_pc_template="message")
    assert [child["class"] for child in template.children if isinstance(child, Element)] == ["mine"]


def test_a_host_that_overrides_the_frame_puts_the_chat_into_its_own(
    at_minji: Browser, key: str, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "pairchat").mkdir()
    (tmp_path / "pairchat" / "base.html").write_text(
        "<html><body><nav>Shop</nav>{% block pairchat %}{% endblock %}</body></html>"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.root.one("nav", class_=False).text == "Shop"
    assert len(page.root.all("link", rel="stylesheet")) == 5
    assert page.has_button("Send")


def test_numbers_for_the_script_are_never_localised(
    at_minji: Browser, room: Any, juwon: Any, key: str, settings: Any
) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    services.send(room, juwon, "hello")
    get_message_model()._default_manager.update(seq=12345, rev=12345)
    type(room)._default_manager.update(head=12345, rev=12345)
    page = at_minji.open(f"/chat/rooms/{key}/")
    assert page.root.one("pair-chat")["data-head"] == "12345"
    assert page.messages[0]["id"] == "m-12345"
    assert "12,345" not in page.html


def test_the_element_of_a_room_carries_its_position(
    at_minji: Browser, room: Any, minji: Any, juwon: Any, key: str
) -> None:
    services.send(room, juwon, "hello")
    chat = at_minji.open(f"/chat/rooms/{key}/").root.one("pair-chat")
    wire = services.room_object(services.get_room(minji, key), minji)
    for name in ("room", "epoch", "rev", "head", "state"):
        assert chat[f"data-{name}"] == str(wire[name])
    assert (chat["data-me"], chat["data-peer"]) == (str(minji.pk), str(juwon.pk))
    assert (chat["data-ws"], chat["data-api"]) == ("/ws/pairchat/", "/chat/api/")


def test_every_template_of_the_package_is_well_formed_and_plain() -> None:
    for path in (PACKAGE / "templates").rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|\|safe|autoescape off", source), path


@pytest.mark.parametrize(
    ("name", "budget"),
    [("pairchat.css", 8000), ("pairchat-media.css", 3000), ("pairchat-inbox.css", 1500), ("pairchat-topic.css", 1000)],
)
def test_the_style_keeps_to_its_own_names_and_size(name: str, budget: int) -> None:
    import gzip

    style = (PACKAGE / "static" / "pairchat" / name).read_text()
    assert len(gzip.compress(style.encode(), 9)) <= budget
    assert "url(" not in style
    assert "@import" not in style
    for selector in re.findall(r"(?:^|[}{])\s*([^{}@]+)\{", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)):
        if not re.fullmatch(r"\s*(:where\(:root\)|from|to|[\d%,\s]+)\s*", selector):
            assert all(".pc" in part or "data-pc" in part or ":where" in part for part in _parts(selector)), selector


def _parts(selector: str) -> list[str]:
    """A selector list cut at its commas, those within brackets left alone."""
    parts, depth = [""], 0
    for sign in selector:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def test_parse_finds_what_does_not_match() -> None:
    with pytest.raises(AssertionError, match="closes"):
        parse("<p><b></p>")
