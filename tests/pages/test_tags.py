"""The template tags, in templates of a host."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.template import Context, RequestContext, Template, engines
from django.test import Client, RequestFactory
from django.urls import set_script_prefix

from django_pairchat import get_room_model, services

from .browser import Browser, Element, fields_of, parse


def show(source: str, viewer: Any, /, **values: Any) -> Element:
    request = RequestFactory().get("/posts/1/?page=2")
    request.user = viewer
    return parse(engines["django"].from_string("{% load pairchat %}" + source).render(values, request))


def test_the_button_opens_the_room_about_the_topic(minji: Any, juwon: Any, sora: Any) -> None:
    form = show("{% pairchat_button user topic=topic %}", minji, user=juwon, topic=sora).one("form")
    assert form.one("button").text == "Chat"
    client = Client()
    client.force_login(minji)
    response = client.post(form["action"], fields_of(form))
    room = get_room_model()._default_manager.get()
    assert response["Location"] == f"/chat/rooms/{room.pk}/"
    assert room.topic == sora


def test_the_button_takes_a_label(minji: Any, juwon: Any) -> None:
    assert (
        show("{% pairchat_button user label=label %}", minji, user=juwon, label="<Ask>").one("button").text == "<Ask>"
    )


def test_the_button_names_no_table_and_no_key_of_the_topic(minji: Any, juwon: Any, sora: Any) -> None:
    form = show("{% pairchat_button user topic=topic %}", minji, user=juwon, topic=sora).one("form")
    assert sora._meta.label_lower not in fields_of(form)["topic"]
    assert set(fields_of(form)) == {"csrfmiddlewaretoken", "user", "topic"}


def test_the_button_is_nothing_for_oneself_and_for_nobody(minji: Any) -> None:
    assert show("{% pairchat_button user %}", minji, user=minji).text == ""
    assert show("{% pairchat_button user %}", minji, user=None).text == ""


def test_the_button_leads_a_visitor_to_the_login_page_and_back(juwon: Any) -> None:
    shown = show("{% pairchat_button user topic=user %}", AnonymousUser(), user=juwon)
    assert shown.one("a")["href"] == "/login/?next=%2Fposts%2F1%2F%3Fpage%3D2"
    assert not shown.all("form")


def test_the_login_page_may_have_a_query_of_its_own(juwon: Any, settings: Any) -> None:
    settings.LOGIN_URL = "/login/?via=chat"
    shown = show("{% pairchat_button user %}", AnonymousUser(), user=juwon)
    assert shown.one("a")["href"].startswith("/login/?via=chat&next=")


def test_the_badge_counts_rooms(minji: Any, juwon: Any, sora: Any) -> None:
    assert "hidden" in show("{% pairchat_unread %}", minji).one(data_pc_part="unread").attrs
    services.send(services.open_room(juwon, minji), juwon, "one")
    services.send(services.open_room(sora, minji), sora, "two")
    badge = show("{% pairchat_unread %}", minji).one("pair-chat-badge")
    assert (badge["data-count"], badge.slot("unread").text, badge.slot("unread-label").text) == (
        "2",
        "2",
        "2 unread chats",
    )


def test_the_badge_stops_at_99_plus(minji: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "unread_rooms", lambda user: 100)
    badge = show("{% pairchat_unread %}", minji).one("pair-chat-badge")
    assert badge.slot("unread").text == "99+"


def test_the_badge_is_nothing_for_a_visitor() -> None:
    assert show("{% pairchat_unread %}", AnonymousUser()).children == []


def test_the_list_stands_in_any_page(minji: Any, juwon: Any, sora: Any) -> None:
    services.open_room(minji, juwon)
    services.open_room(minji, sora)
    shown = show("{% pairchat_inbox limit=1 %}", minji)
    assert len(shown.all("li", class_="pc-row")) == 1
    assert shown.one("a", data_pc_action="more")["href"].startswith("/chat/?before=")
    assert show("{% pairchat_inbox %}", AnonymousUser()).children == []


def test_a_room_stands_in_any_page_and_its_forms_come_back_to_it(room: Any, minji: Any, juwon: Any) -> None:
    services.send(room, juwon, "hello")
    shown = show("{% pairchat_room room %}", minji, room=room)
    assert shown.one("li", id="m-1").slot("content").text == "hello"
    form = shown.one("form", data_pc_form="read")
    assert fields_of(form)["next"] == "/posts/1/?page=2"


def test_a_room_of_others_cannot_be_embedded(room: Any, sora: Any) -> None:
    with pytest.raises(Http404):
        show("{% pairchat_room room %}", sora, room=room)


def test_assets_come_once_per_page(minji: Any, room: Any) -> None:
    shown = show("{% pairchat_assets %}{% pairchat_room room %}{% pairchat_assets %}", minji, room=room)
    assert len(shown.all("link", rel="stylesheet")) == 1
    scripts = [script["src"].rsplit("/")[-1] for script in shown.all("script", type="module")]
    assert scripts == ["pairchat.js", "pairchat-files.js"]
    assert len(shown.all("script", id="pc-catalogue")) == 1


def test_a_visitor_gets_the_style_only() -> None:
    shown = show("{% pairchat_assets %}", AnonymousUser())
    assert shown.one("link")["href"].endswith("pairchat/pairchat.css")
    assert not shown.all("script")


class LazyNonce:
    """As django-csp and Django make it: false until it is printed."""

    made = False

    def __bool__(self) -> bool:
        return self.made

    def __str__(self) -> str:
        self.made = True
        return "r4nd0m"


@pytest.mark.parametrize("where", ["request", "context"])
def test_the_script_carries_the_nonce_of_the_page(minji: Any, where: str) -> None:
    request = RequestFactory().get("/")
    request.user = minji
    values = {"csp_nonce": LazyNonce()} if where == "context" else {}
    if where == "request":
        request.csp_nonce = LazyNonce()  # type: ignore[attr-defined]  # django-csp sets it
    template = Template("{% load pairchat %}{% pairchat_assets %}")
    assert parse(template.render(RequestContext(request, values))).one("script", type="module")["nonce"] == "r4nd0m"


def test_the_script_for_files_carries_it_too(minji: Any, room: Any) -> None:
    request = RequestFactory().get("/")
    request.user = minji
    request.csp_nonce = LazyNonce()  # type: ignore[attr-defined]  # django-csp sets it
    template = Template("{% load pairchat %}{% pairchat_room room %}")
    shown = parse(template.render(RequestContext(request, {"room": room})))
    assert [script["nonce"] for script in shown.all("script", type="module")] == ["r4nd0m", "r4nd0m"]


def test_without_a_nonce_there_is_no_such_attribute(minji: Any, room: Any) -> None:
    scripts = show("{% pairchat_room room %}", minji, room=room).all("script", type="module")
    assert ["nonce" in script.attrs for script in scripts] == [False, False]


@pytest.mark.parametrize(
    "tag", ["pairchat_button user", "pairchat_unread", "pairchat_inbox", "pairchat_room user", "pairchat_assets"]
)
def test_a_tag_without_a_request_says_what_is_missing(juwon: Any, tag: str) -> None:
    template = Template("{% load pairchat %}{% " + tag + " %}")
    with pytest.raises(ImproperlyConfigured, match=r"rendered without a request: use render\(request"):
        template.render(Context({"user": juwon}))


def test_a_tag_without_a_user_on_the_request_names_the_middleware() -> None:
    request = RequestFactory().get("/")
    template = Template("{% load pairchat %}{% pairchat_unread %}")
    with pytest.raises(ImproperlyConfigured, match="AuthenticationMiddleware"):
        template.render(RequestContext(request))


def test_a_variable_called_user_is_never_taken_for_whoever_is_looking(minji: Any, juwon: Any, sora: Any) -> None:
    services.send(services.open_room(sora, juwon), sora, "for juwon only")
    assert show("{% pairchat_unread %}", minji, user=juwon).one("pair-chat-badge")["data-count"] == "0"


def test_a_page_below_a_prefix_names_the_socket_below_it(at_minji: Browser, key: str) -> None:
    set_script_prefix("/shop/")
    try:
        for url in ("/chat/", f"/chat/rooms/{key}/"):
            assert 'data-ws="/shop/ws/pairchat/"' in at_minji.client.get(url).content.decode()
    finally:
        set_script_prefix("/")
