"""The HTTP twins: methods, statuses, CSRF, caching, and that reading writes nothing (§9, §11)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from .client import Frame, Person, Site, Socket, encode, new_client_id
from .helpers import needs_feature, settings, writing_nothing
from .pages import few_of_each_kind, walk
from .shapes import assert_message, assert_room


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# What each answers


def test_a_new_message_is_201_and_a_duplicate_200(me: Person, room: str) -> None:
    body = {"client_id": new_client_id(), "content": "over HTTP"}
    first, again = (me.request("send", room=room, **body) for _ in range(2))
    assert (first["status"], first["duplicate"]) == (201, False)
    assert (again["status"], again["duplicate"]) == (200, True)


def test_results_are_the_bare_fields_without_type_and_id(me: Person, room: str) -> None:
    answers = [
        me.call("GET", "inbox/"),
        me.call("GET", f"rooms/{room}/messages/"),
        me.call("POST", "sync/", {"rooms": {room: me.position(room)}}),
        me.call("POST", f"rooms/{room}/read/", {"seq": 0}),
        me.call("PATCH", f"rooms/{room}/", {"archived": False}),
        me.call("GET", f"rooms/{room}/messages/", params={"before": "abc"}),
    ]
    for answer in answers:
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        assert not answer.json().keys() & {"type", "id"}


def test_every_act_has_a_twin_that_answers_200(me: Person, mine: Socket, room: str) -> None:
    for feature in ("edit", "delete", "react", "search", "report"):
        needs_feature(mine, feature)
    seq = me.send(room)["seq"]
    message = f"rooms/{room}/messages/{seq}/"
    acts = {
        "edit": me.call("PATCH", message, {"content": "edited"}),
        "react": me.call("PUT", f"{message}reaction/", {"emoji": "👍"}),
        "unreact": me.call("DELETE", f"{message}reaction/"),
        "delete": me.call("DELETE", message),
        "read": me.call("POST", f"rooms/{room}/read/", {"seq": seq}),
        "settings": me.call("PATCH", f"rooms/{room}/", {"marked_unread": False}),
        "search": me.call("GET", "search/", params={"query": "x"}),
        "inbox": me.call("GET", "inbox/"),
        "sync": me.call("POST", "sync/", {"rooms": {}}),
    }
    assert {name: answer.status_code for name, answer in acts.items()} == dict.fromkeys(acts, 200)
    for name in ("edit", "react", "unreact", "delete"):
        assert_message(acts[name].json()["message"])
    for name in ("read", "settings"):
        assert_room(acts[name].json()["room"])
    assert me.call("POST", f"rooms/{room}/report/", {"reason": "rude"}).is_success


def test_answers_are_the_same_as_over_a_socket(me: Person, mine: Socket, room: str, long_room: str) -> None:
    requests: list[tuple[str, Frame]] = [
        ("history", {"room": long_room, "before": 30, "limit": 7}),
        ("sync", {"rooms": {long_room: {"epoch": "another", "rev": 0}}}),
        ("inbox", {"limit": 2}),
        ("read", {"room": room, "seq": 0}),
        ("search", {"query": "many", "limit": 3}),
    ]
    for type_, fields in requests:
        over_http, over_socket = me.do(type_, **fields), mine.do(type_, **fields)
        for transport_only in ("type", "id", "status"):
            over_http.pop(transport_only, None)
            over_socket.pop(transport_only, None)
        assert over_http == over_socket, type_


# Errors


def test_each_code_has_its_status(me: Person, mine: Socket, theirs: Socket, room: str, missing_room: str) -> None:
    needs_feature(mine, "delete")
    other = theirs.send(room)["seq"]
    client_id = new_client_id()
    me.send(room, "one", client_id=client_id)

    def send(**fields: Any) -> tuple[int, str]:
        answer = me.request("send", **{"room": room, "client_id": new_client_id(), "content": "x", **fields})
        return answer["status"], answer["code"]

    assert send(content=5) == (400, "bad_request")
    assert send(client_id="x") == (400, "bad_id")
    assert send(content="a\0") == (400, "bad_text")
    assert send(content=" ") == (400, "empty")
    assert send(content="x" * (mine.limits["content"] + 1)) == (400, "too_long")
    assert send(room=missing_room) == (404, "not_found")
    assert send(client_id=client_id, content="another") == (409, "conflict")
    assert code(me.call("DELETE", f"rooms/{room}/messages/{other}/")) == (403, "cannot_send")
    with settings(theirs, room, blocked=True):
        assert send() == (403, "cannot_send")


def test_an_error_has_a_code_and_words(me: Person, missing_room: str) -> None:
    body = me.call("GET", f"rooms/{missing_room}/messages/").json()
    assert body["code"] == "not_found"
    assert body["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{bad",
        b"[]",
        b"null",
        b'{"client_id": 1} {}',
        b'{"content": NaN}',
        b'{"content": "a", "content": "b"}',
        b'{"x": 1e999}',
        b'{"x": ' + b"1" * 40 + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
    ],
    ids=[
        "empty",
        "no JSON",
        "an array",
        "null",
        "two",
        "NaN",
        "twice",
        "overflow",
        "40 digits",
        "deep",
        "BOM",
        "bytes",
    ],
)
def test_a_body_that_cannot_be_read_is_a_bad_frame(me: Person, room: str, body: bytes) -> None:
    with writing_nothing(room, me):
        assert code(me.call("POST", f"rooms/{room}/messages/", body)) == (400, "bad_frame")


def test_a_body_that_is_too_large_is_refused(me: Person, mine: Socket, room: str) -> None:
    body = {"client_id": new_client_id(), "content": "x", "y": "y" * mine.limits["frame"]}
    with writing_nothing(room, me):
        assert code(me.call("POST", f"rooms/{room}/messages/", body)) == (413, "too_large")


@pytest.mark.parametrize("key", ["01", "-1", "1.0", " 1", "abc", str(2**63), "١", "%00"])
def test_a_room_in_another_spelling_is_a_bad_id(me: Person, key: str) -> None:
    """An address that no route takes is a plain 404 of the site; what reaches the chat is a bad id."""
    answer = me.call("GET", f"rooms/{key}/messages/")
    assert answer.status_code in (400, 404)
    if "json" in answer.headers["Content-Type"]:
        assert code(answer) == (400, "bad_id")


# Sessions


TWINS: list[tuple[str, str, Frame | None]] = [
    ("GET", "inbox/", None),
    ("POST", "sync/", {"rooms": {}}),
    ("GET", "rooms/{room}/messages/", None),
    ("POST", "rooms/{room}/messages/", {"client_id": new_client_id(), "content": "x"}),
    ("PATCH", "rooms/{room}/messages/{seq}/", {"content": "x"}),
    ("DELETE", "rooms/{room}/messages/{seq}/", None),
    ("PUT", "rooms/{room}/messages/{seq}/reaction/", {"emoji": "👍"}),
    ("DELETE", "rooms/{room}/messages/{seq}/reaction/", None),
    ("POST", "rooms/{room}/read/", {"seq": 1}),
    ("PATCH", "rooms/{room}/", {"archived": True}),
    ("POST", "rooms/{room}/report/", {"reason": "x"}),
    ("POST", "rooms/", {"user": "{user}"}),
    ("POST", "uploads/", None),
    ("GET", "search/", None),
]
WRITING = [twin for twin in TWINS if twin[0] != "GET"]


def named(twin: tuple[str, str, Frame | None]) -> str:
    return f"{twin[0]} {twin[1]}"


@pytest.fixture(scope="module")
def seq(me: Person, room: str) -> int:
    seq: int = me.send(room)["seq"]
    return seq


@pytest.fixture
def anonymous(site: Site) -> Iterator[httpx.Client]:
    with site.browser() as browser:
        browser.get(site.login_path)
        yield browser


def request(
    browser: httpx.Client,
    site: Site,
    twin: tuple[str, str, Frame | None],
    headers: dict[str, str],
    **where: Any,
) -> httpx.Response:
    method, path, body = twin
    content = None if body is None else encode(body).replace("{user}", str(where["user"]))
    if content is not None:
        headers = {**headers, "Content-Type": "application/json"}
    return browser.request(method, f"{site.mount}api/{path.format(**where)}", content=content, headers=headers)


@pytest.mark.parametrize("twin", TWINS, ids=named)
def test_without_a_session_every_twin_is_unauthenticated(
    *,
    anonymous: httpx.Client,
    site: Site,
    me: Person,
    peer: Person,
    room: str,
    seq: int,
    twin: tuple[str, str, Frame | None],
) -> None:
    headers = {"X-CSRFToken": anonymous.cookies["csrftoken"]}
    with writing_nothing(room, me):
        answer = request(anonymous, site, twin, headers, room=room, seq=seq, user=peer.user)
    assert code(answer) == (401, "unauthenticated")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("token", [None, "", "x" * 64], ids=["none", "empty", "another"])
@pytest.mark.parametrize("twin", WRITING, ids=named)
def test_without_its_csrf_token_a_page_of_another_site_changes_nothing(
    *,
    site: Site,
    me: Person,
    peer: Person,
    room: str,
    seq: int,
    twin: tuple[str, str, Frame | None],
    token: str | None,
) -> None:
    headers = {} if token is None else {"X-CSRFToken": token}
    with writing_nothing(room, me, peer):
        answer = request(me.http, site, twin, headers, room=room, seq=seq, user=peer.user)
    assert code(answer) == (403, "csrf")


@pytest.mark.parametrize("twin", [twin for twin in TWINS if twin[1] != "uploads/"], ids=named)
def test_nothing_is_kept_in_caches(
    *, site: Site, me: Person, peer: Person, room: str, seq: int, twin: tuple[str, str, Frame | None]
) -> None:
    answer = request(me.http, site, twin, me.csrf_headers, room=room, seq=seq, user=peer.user)
    assert "no-store" in answer.headers["Cache-Control"]
    me.do("settings", room=room, archived=False)


def test_errors_are_not_kept_in_caches_either(me: Person, missing_room: str) -> None:
    answer = me.call("GET", f"rooms/{missing_room}/messages/")
    assert "no-store" in answer.headers["Cache-Control"]


# Reading


def everything(*people: Person) -> list[Frame]:
    """All that these people see, as one value."""
    seen: list[Frame] = []
    for person in people:
        for archived in (False, True):
            inbox = person.do("inbox", limit=100, archived=archived)
            seen.append(inbox)
            seen += [person.do("history", room=room["room"], limit=5) for room in inbox["rooms"]]
    return seen


def visited(person: Person, method: str, address: str, **as_if_posted: str | int) -> int:
    """The status of an address; each on its own connection, as some web servers send a body to HEAD as well."""
    return person.http.request(method, address, params=as_if_posted, headers={"Connection": "close"}).status_code


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_any_address_of_the_api_writes_nothing(
    *, site: Site, me: Person, peer: Person, theirs: Socket, room: str, method: str
) -> None:
    seq = theirs.send(room)["seq"]
    before = everything(me, peer)
    for _, path, _ in TWINS:
        address = f"{site.mount}api/{path.format(room=room, seq=seq)}"
        assert visited(me, method, address, user=peer.user, archived=1, query="x") < 500, address
    assert everything(me, peer) == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_any_page_writes_nothing(
    *, site: Site, me: Person, peer: Person, theirs: Socket, room: str, method: str
) -> None:
    theirs.send(room)
    before = everything(me, peer)
    pages = walk(me, site.mount, within=site.mount)
    addresses = pages.visited | {form.action for form in pages.forms if form.action.startswith(site.mount)}
    assert len(addresses) >= 3
    for address in few_of_each_kind(addresses):
        assert visited(me, method, address, user=peer.user, archived=1, blocked=1, seq=1, content="x") < 500, address
    assert everything(me, peer) == before


# For whom a request is meant

MEANT_FOR = "X-Pairchat-User"


def test_what_is_meant_for_somebody_else_is_unauthenticated_and_does_nothing(
    me: Person, peer: Person, stranger: Person, room: str
) -> None:
    seq = me.send(room)["seq"]
    message = f"rooms/{room}/messages/{seq}/"
    send: Frame = {"client_id": new_client_id(), "content": "under another name"}
    acts: list[tuple[str, str, Frame | None]] = [
        ("GET", "inbox/", None),
        ("POST", "sync/", {"rooms": {}}),
        ("GET", f"rooms/{room}/messages/", None),
        ("POST", f"rooms/{room}/messages/", send),
        ("PATCH", message, {"content": "edited"}),
        ("PUT", f"{message}reaction/", {"emoji": "👍"}),
        ("DELETE", message, None),
        ("POST", f"rooms/{room}/read/", {"seq": seq}),
        ("PATCH", f"rooms/{room}/", {"archived": True}),
    ]
    before = everything(me, peer)
    for person in (me, stranger):
        for method, path, body in acts:
            answer = person.call(method, path, body, headers={MEANT_FOR: peer.user})
            assert code(answer) == (401, "unauthenticated"), (person.username, method, path)
    assert everything(me, peer) == before


def test_what_is_meant_for_me_is_done(me: Person, room: str) -> None:
    body = {"client_id": new_client_id(), "content": "under my own name"}
    answer = me.call("POST", f"rooms/{room}/messages/", body, headers={MEANT_FOR: quote(me.user, safe="")})
    assert answer.status_code == 201
    assert answer.json()["message"]["sender"] == me.user
