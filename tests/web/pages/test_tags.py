"""The template tags, in templates of a host."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, QueryDict
from django.template import Context, RequestContext, Template, engines
from django.test import Client, RequestFactory, override_settings
from django.urls import set_script_prefix
from django.utils.safestring import mark_safe

from django_pairchat import get_room_model, services
from django_pairchat.exceptions import Held
from tests.support.people import make_topic
from tests.support.policies import Reviews, chosen

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


def test_the_button_looks_like_the_hosts_own(minji: Any, juwon: Any) -> None:
    source = (
        '{% pairchat_button user topic=user class="btn btn-primary" icon="chat" id="ask" title="Ask" '
        'data_place="<list>" data_empty=True data_none=None aria_hidden=False aria_label=label %}'
    )
    for viewer, tag in ((minji, "button"), (AnonymousUser(), "a")):
        button = show(source, viewer, user=juwon, label='"Ask"').one(tag)
        assert {"btn", "btn-primary"} <= set(button["class"].split())
        assert "pc-button" not in button["class"].split()
        assert (button["id"], button["title"], button["data-place"]) == ("ask", "Ask", "<list>")
        assert button["aria-label"] == '"Ask"'
        assert "data-empty" in button.attrs
        assert not {"data-none", "aria-hidden"} & set(button.attrs)
        assert "pc-icon-chat" in button.one("svg")["class"]


@pytest.mark.parametrize(("icon", "is_markup"), [(mark_safe('<i class="bi bi-chat"></i>'), True), ("<i>", False)])
def test_the_button_takes_an_icon_of_the_host_if_it_is_safe(
    minji: Any, juwon: Any, icon: str, *, is_markup: bool
) -> None:
    button = show("{% pairchat_button user icon=icon %}", minji, user=juwon, icon=icon).one("button")
    assert bool(button.all("i")) is is_markup
    assert button.text == ("Chat" if is_markup else "<i>Chat")


@pytest.mark.parametrize("name", ["onclick", "style", "lable", "hx_post", "data_"])
def test_the_button_says_which_attributes_it_takes(minji: Any, juwon: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"{name}.*it takes user, topic, label"):
        show(f'{{% pairchat_button user {name}="x" %}}', minji, user=juwon)


def test_the_button_names_no_table_and_no_key_of_the_topic(minji: Any, juwon: Any, sora: Any) -> None:
    form = show("{% pairchat_button user topic=topic %}", minji, user=juwon, topic=sora).one("form")
    assert sora._meta.label_lower not in fields_of(form)["topic"]
    assert set(fields_of(form)) == {"as", "csrfmiddlewaretoken", "user", "topic"}


def test_the_button_is_nothing_for_oneself_and_for_nobody(minji: Any) -> None:
    assert show("{% pairchat_button user %}", minji, user=minji).text == ""
    assert show("{% pairchat_button user %}", minji, user=None).text == ""


def test_the_button_leads_a_visitor_through_the_login_to_the_chat(juwon: Any, at_minji: Browser, minji: Any) -> None:
    shown = show("{% pairchat_button user topic=user %}", AnonymousUser(), user=juwon)
    assert not shown.all("form")
    login, _, query = shown.one("a")["href"].partition("?")
    assert login == "/login/"
    asked = at_minji.open(QueryDict(query)["next"])
    assert not get_room_model().objects.all()
    room = asked.press("Chat")
    assert "/chat/rooms/" in room.url
    (opened,) = get_room_model().objects.all()
    assert (opened.peer_of(minji).pk, opened.topic) == (juwon.pk, juwon)


def test_whoever_signs_in_as_the_person_to_write_to_is_shown_the_chats(juwon: Any, at_juwon: Browser) -> None:
    shown = show("{% pairchat_button user %}", AnonymousUser(), user=juwon)
    assert at_juwon.open(QueryDict(shown.one("a")["href"].partition("?")[2])["next"]).url.endswith("/chat/")


def test_the_login_page_may_have_a_query_of_its_own(juwon: Any, settings: Any) -> None:
    settings.LOGIN_URL = "/login/?via=chat"
    shown = show("{% pairchat_button user %}", AnonymousUser(), user=juwon)
    assert shown.one("a")["href"].startswith("/login/?via=chat&next=")


def test_the_badge_counts_rooms(minji: Any, juwon: Any, sora: Any) -> None:
    assert "hidden" in show("{% pairchat_unread %}", minji).one(data_pc_part="unread").attrs
    services.send(services.open_room(juwon, minji), juwon, "one")
    services.send(services.open_room(sora, minji), sora, "two")
    badge = show("{% pairchat_unread %}", minji).one("pair-chat-badge")
    assert (badge["data-count"], badge.slot("unread").text, badge.slot("unread-label").children) == (
        "2",
        "2",
        ["2 unread chats"],
    )


def test_the_badge_stops_at_99_plus(minji: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "unread_rooms", lambda user: 100)
    badge = show("{% pairchat_unread %}", minji).one("pair-chat-badge")
    assert (badge.slot("unread").text, badge.slot("unread-label").children) == ("99+", ["99+ unread chats"])


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


@override_settings(PAIRCHAT=chosen(Reviews))
def test_a_held_text_is_withdrawn_from_there_too(room: Any, minji: Any) -> None:
    with pytest.raises(Held):
        services.send(room, minji, "hold this")
    form = show("{% pairchat_room room %}", minji, room=room).one("form", data_pc_form="withdraw")
    assert fields_of(form)["next"] == "/posts/1/?page=2"


def test_a_room_of_others_cannot_be_embedded(room: Any, sora: Any) -> None:
    with pytest.raises(Http404):
        show("{% pairchat_room room %}", sora, room=room)


def test_assets_come_once_per_page(minji: Any, room: Any) -> None:
    shown = show("{% pairchat_assets %}{% pairchat_room room %}{% pairchat_assets %}", minji, room=room)
    assert [link["href"] for link in shown.all("link", rel="stylesheet")].count("/static/pairchat/pairchat.css") == 1
    scripts = [script["src"].rsplit("/")[-1] for script in shown.all("script", type="module")]
    assert scripts == [
        "pairchat.js",
        "pairchat-attention.js",
        "pairchat-files.js",
        "pairchat-quick.js",
        "pairchat-popups.js",
        "pairchat-room.js",
    ]
    assert len(shown.all("script", id="pc-catalogue")) == 1


@pytest.mark.parametrize(
    "tags",
    [
        "{% pairchat_button user %}",
        "{% pairchat_unread %}",
        "{% pairchat_inbox %}",
        "{% pairchat_room room %}",
        "{% pairchat_button user %}{% pairchat_unread %}{% pairchat_button user %}{% pairchat_inbox %}",
        "{% pairchat_assets %}{% pairchat_unread %}{% pairchat_button user %}",
    ],
)
def test_any_tag_brings_what_it_needs(minji: Any, juwon: Any, room: Any, tags: str) -> None:
    shown = show(tags, minji, user=juwon, room=room)
    assert [link["href"] for link in shown.all("link", rel="stylesheet")].count("/static/pairchat/pairchat.css") == 1
    assert [script["src"] for script in shown.all("script", type="module") if "pairchat.js" in script["src"]] != []
    assert len(shown.all("script", id="pc-catalogue")) == 1


def test_a_tag_that_shows_nothing_brings_nothing(minji: Any) -> None:
    assert show("{% pairchat_button user %}", minji, user=minji).all("link") == []
    assert show("{% pairchat_unread %}", AnonymousUser()).all("link") == []


def test_a_badge_is_a_number_where_no_style_has_come(minji: Any, juwon: Any) -> None:
    """What a browser shows without any stylesheet, and what a screen reader says."""
    services.send(services.open_room(juwon, minji), juwon, "one")
    shown = show("{% pairchat_unread %}{% pairchat_unread %}", minji)
    for badge in shown.all("pair-chat-badge"):
        count = badge.one(data_pc_part="unread")
        label = badge.slot("unread-label")
        assert "hidden" in label.attrs
        assert (count["aria-labelledby"], label.children) == (label["id"], ["1 unread chat"])
    assert len({badge.slot("unread-label")["id"] for badge in shown.all("pair-chat-badge")}) == 2


def test_the_badge_the_list_and_a_room_bring_what_draws_attention(minji: Any, juwon: Any, room: Any) -> None:
    services.send(room, juwon, "one")
    for tags in (
        "{% pairchat_unread %}",
        "{% pairchat_inbox %}",
        "{% pairchat_room room %}",
        "{% pairchat_attention %}",
    ):
        attention = show(tags, minji, room=room).one("pair-chat-attention")
        assert (attention["data-me"], attention["data-count"]) == (str(minji.pk), "1")
        assert attention["data-on"] == "title app_badge icon sound notification"
        assert attention["data-sound"].endswith("pairchat/pairchat-message.wav")
        assert "hidden" in attention.attrs


def test_a_host_chooses_what_draws_attention(minji: Any, room: Any, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "ATTENTION": ["title", "sound"]}
    shown = show("{% pairchat_inbox %}", minji)
    assert shown.one("pair-chat-attention")["data-on"] == "title sound"
    assert [field["name"] for field in shown.one("pair-chat-alerts").all("input")] == ["sound"]
    settings.PAIRCHAT = {**settings.PAIRCHAT, "ATTENTION": ["title"]}
    assert show("{% pairchat_inbox %}{% pairchat_alerts %}", minji).all("pair-chat-alerts") == []
    settings.PAIRCHAT = {**settings.PAIRCHAT, "ATTENTION": []}
    shown = show("{% pairchat_unread %}{% pairchat_inbox %}{% pairchat_room room %}", minji, room=room)
    assert shown.all("pair-chat-attention") == shown.all("pair-chat-alerts") == []
    assert not any("attention" in script["src"] for script in shown.all("script", type="module"))


def test_a_visitor_is_alerted_by_nothing() -> None:
    shown = show("{% pairchat_attention %}{% pairchat_alerts %}", AnonymousUser())
    assert shown.children == []


def test_the_switches_are_hidden_until_a_script_heeds_them(minji: Any) -> None:
    alerts = show("{% pairchat_alerts %}", minji).one("pair-chat-alerts")
    assert "hidden" in alerts.attrs
    assert [field["name"] for field in alerts.all("input")] == ["sound", "notification"]
    assert not any("checked" in field.attrs for field in alerts.all("input"))


def test_a_page_outside_of_the_hosts_frame_has_a_way_home_and_an_icon(at_minji: Browser) -> None:
    page = at_minji.open("/chat/")
    assert page.root.one("a", class_="pc-home")["href"] == "/"
    assert page.root.one("a", class_="pc-home").text == "testserver"
    assert page.root.one("link", rel="icon")["href"].endswith("pairchat/icon.svg")
    set_script_prefix("/app/")
    try:
        assert show("{% pairchat_home %}", None).one("a")["href"] == "/app/"
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(
    "header", ["HX-Request", "HX-History-Restore-Request", "Turbo-Frame", "X-Alpine-Request", "X-Up-Version"]
)
def test_an_answer_that_is_put_into_a_page_has_them_beside_its_head(minji: Any, room: Any, header: str) -> None:
    request = RequestFactory().get("/", headers={header: "true"})
    request.user = minji
    template = Template("{% load pairchat %}{% pairchat_assets %}|{% pairchat_unread %}{% pairchat_room room %}")
    head, body = template.render(RequestContext(request, {"room": room})).split("|", 1)
    for part in (head, body):
        assert part.count("pairchat/pairchat.css") == part.count("pairchat/pairchat.js") == 1


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
    scripts = parse(template.render(RequestContext(request, values))).all("script", type="module")
    assert [script["nonce"] for script in scripts] == ["r4nd0m"] * 2


def test_the_script_for_files_carries_it_too(minji: Any, room: Any) -> None:
    request = RequestFactory().get("/")
    request.user = minji
    request.csp_nonce = LazyNonce()  # type: ignore[attr-defined]  # django-csp sets it
    template = Template("{% load pairchat %}{% pairchat_room room %}")
    shown = parse(template.render(RequestContext(request, {"room": room})))
    assert [script["nonce"] for script in shown.all("script", type="module")] == ["r4nd0m"] * 6


def test_without_a_nonce_there_is_no_such_attribute(minji: Any, room: Any) -> None:
    scripts = show("{% pairchat_room room %}", minji, room=room).all("script", type="module")
    assert ["nonce" in script.attrs for script in scripts] == [False] * 6


@pytest.mark.parametrize(
    "tag",
    [
        "pairchat_button user",
        "pairchat_unread",
        "pairchat_inbox",
        "pairchat_room user",
        "pairchat_assets",
        "pairchat_attention",
        "pairchat_alerts",
    ],
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


def test_a_seller_finds_the_chats_about_a_thing_from_its_page(minji: Any, juwon: Any, sora: Any) -> None:
    source = '{% pairchat_topic_chats topic class="btn" data_place="listing" %}'
    thing = make_topic("Lamp")
    assert not show(source, minji, topic=thing).all("a")
    for asks, text in ((juwon, "juwon asks"), (sora, "sora asks")):
        services.send(services.open_room(asks, minji, thing), asks, text)
    juwons = services.open_room(juwon, minji, thing).pk
    services.send(services.open_room(juwon, minji), juwon, "about nothing")
    link = show(source, minji, topic=thing).one("a")
    assert (link["class"], link["data-place"], link.text) == ("btn", "listing", "Chats about this")
    assert not show(source, AnonymousUser(), topic=thing).all("a")
    # A variable that there is not.
    assert not show(source, minji).all("a")
    browser = Browser(minji)
    page = browser.open(link["href"])
    assert [row.slot("content").text for row in page.rows] == ["sora asks", "juwon asks"]
    # Below a short title there is a line that says what they are about.
    assert page.root.one("h1", class_="pc-title").text == "Chats"
    assert page.root.one("p", class_="pc-topic").text == f"About {thing}"
    unread = next(each for each in page.root.all("a", class_="pc-filter") if each.text == "Unread")
    services.mark_read(minji, page.rows[0]["data-room"], 1)
    assert [row.slot("content").text for row in browser.open(unread["href"]).rows] == ["juwon asks"]
    # The menu of each of them leads there, too.
    menu = browser.open(page.rows[1].slot("link")["href"]).root.all("a", class_="pc-menu-item")
    assert [each["href"] for each in menu if each.text == "Chats about this"] == [f"/chat/?about={juwons}"]


def test_where_all_chats_about_a_thing_are_archived_the_list_leads_to_them(minji: Any, juwon: Any) -> None:
    thing = make_topic("Lamp")
    room = services.open_room(juwon, minji, thing)
    services.send(room, juwon, "juwon asks")
    services.change_settings(minji, room, archived=True)
    browser = Browser(minji)
    page = browser.open(f"/chat/?about={room.pk}")
    assert page.rows == []
    assert page.root.one("p", class_="pc-topic").text == f"About {thing}"
    nothing = page.root.one("div", class_="pc-nothing")
    assert [each.text for each in nothing.all("p")] == ["No chats about this are in your list."]
    link = nothing.one("a")
    assert link.text == "Archived chats"
    archive = browser.open(link["href"])
    assert [row.slot("content").text for row in archive.rows] == ["juwon asks"]
    assert archive.root.one("p", class_="pc-topic").text == f"About {thing}"
