"""Connecting: the origin, the session, the subprotocol, the greeting, and the number of sockets (§3, §10)."""

import pytest
from websockets.exceptions import InvalidStatus

from .client import SUBPROTOCOL, Frame, Person, Site, Socket
from .conftest import Connect, SignIn
from .shapes import is_count, is_text, is_time

# {own} is the site's own origin, {host} its host and port.
REFUSED_ORIGINS = {
    "missing": None,
    "null": "null",
    "foreign": "https://evil.example",
    "own host, other port": "http://{hostname}:1",
    "own host, other scheme": "ftp://{host}",
    "own host as a suffix": "http://evil.{host}",
    "own host as a user": "http://{host}@evil.example",
    "own origin with a path": "{own}/chat",
}
MALFORMED_ORIGINS = {
    "empty": "",
    "own host as a prefix": "{own}.evil.example",
    "without a scheme": "{host}",
    "broken brackets": "http://[",
    "a port that is no number": "http://{hostname}:eighty",
    "a port out of range": "http://{hostname}:99999",
    "a space": "http://evil example",
    "only a separator": "://",
    "two origins": "{own} {own}",
}


def status_for(person: Person, origin: str | None) -> int:
    """The status with which a handshake from this origin is refused."""
    site = person.site
    hostname = site.host.rsplit(":", 1)[0]
    with pytest.raises(InvalidStatus) as refusal:
        person.connect(origin=origin and origin.format(own=site.url, host=site.host, hostname=hostname))
    return refusal.value.response.status_code


def assert_bye(socket: Socket, code: int, *, reconnect: bool) -> None:
    assert socket.bye is not None, "no bye before the close"
    assert socket.bye["code"] == code
    assert socket.bye["reconnect"] is reconnect
    assert isinstance(socket.bye["reason"], str)


@pytest.mark.parametrize("origin", REFUSED_ORIGINS.values(), ids=REFUSED_ORIGINS)
def test_an_origin_that_is_not_the_sites_own_is_refused_before_the_upgrade(me: Person, origin: str | None) -> None:
    assert status_for(me, origin) == 403


@pytest.mark.parametrize("origin", MALFORMED_ORIGINS.values(), ids=MALFORMED_ORIGINS)
def test_a_malformed_origin_is_refused_before_the_upgrade(me: Person, origin: str) -> None:
    """Some web servers refuse it themselves, as a bad request, before the chat is asked."""
    assert status_for(me, origin) in (400, 403)


def test_a_foreign_origin_is_refused_without_a_session_too(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        Socket.open(site, origin="https://evil.example")
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize("subprotocols", [[SUBPROTOCOL], []], ids=["offered", "none offered"])
def test_a_socket_without_a_session_is_told_so_after_the_upgrade(site: Site, subprotocols: list[str]) -> None:
    with Socket.open(site, subprotocols=subprotocols, greeted=False) as socket:
        assert socket.wait_until_closed() == 4401
        assert socket.hello is None
        assert_bye(socket, 4401, reconnect=False)


def test_a_tampered_session_is_told_so_after_the_upgrade(site: Site, me: Person) -> None:
    cookies = {name: value[::-1] for name, value in me.cookies.items()}
    with Socket.open(site, cookies=cookies, greeted=False) as socket:
        assert socket.wait_until_closed() == 4401
        assert socket.hello is None
        assert_bye(socket, 4401, reconnect=False)


def test_a_session_that_was_logged_out_is_told_so_after_the_upgrade(site: Site, sign_in: SignIn) -> None:
    person = sign_in(0)
    old = person.cookies
    person.log_out()
    with Socket.open(site, cookies=old, greeted=False) as socket:
        assert socket.wait_until_closed() == 4401
        assert_bye(socket, 4401, reconnect=False)


def test_logging_out_ends_the_sockets_of_that_session_and_no_others(
    mine: Socket, sign_in: SignIn, connect: Connect
) -> None:
    person = sign_in(0)
    socket = connect(person)
    person.log_out()
    assert socket.wait_until_closed() == 4401
    assert_bye(socket, 4401, reconnect=False)
    mine.ping()


def test_the_server_speaks_first_and_says_who_and_what(me: Person, mine: Socket) -> None:
    hello = mine.hello
    assert hello is not None
    assert hello["protocol"] == 1
    assert is_text(hello["user"])
    assert is_text(hello["connection"])
    assert is_count(hello["heartbeat"])
    assert hello["heartbeat"] > 0
    assert is_time(hello["server_time"])
    assert mine.events == []
    assert mine.stray_answers() == []


def test_hello_names_the_limits(mine: Socket) -> None:
    assert mine.limits.keys() >= {"frame", "content", "page", "sync_rooms", "sync_changes"}
    assert all(is_count(limit) and limit > 0 for limit in mine.limits.values())


def test_hello_names_each_feature_once(mine: Socket) -> None:
    assert all(is_text(feature) for feature in mine.features)
    assert len(set(mine.features)) == len(mine.features)


def test_two_sockets_of_one_person_have_one_user_and_two_connections(me: Person, connect: Connect) -> None:
    first, second = connect(me).hello, connect(me).hello
    assert first is not None
    assert second is not None
    assert first["user"] == second["user"]
    assert first["connection"] != second["connection"]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [([SUBPROTOCOL], SUBPROTOCOL), ([], None), (["other.v9", SUBPROTOCOL], SUBPROTOCOL)],
    ids=["the one", "none", "among others"],
)
def test_v1_is_served_and_echoed_when_offered(
    me: Person, connect: Connect, offered: list[str], chosen: str | None
) -> None:
    socket = connect(me, subprotocols=offered)
    assert socket.connection.subprotocol == chosen
    assert socket.hello is not None
    assert socket.hello["protocol"] == 1


@pytest.mark.parametrize("offered", [["pairchat.v2"], ["other.v9", "pairchat.v0"]], ids=["one", "two"])
def test_a_client_of_other_versions_only_is_told_so(me: Person, connect: Connect, offered: list[str]) -> None:
    socket = connect(me, subprotocols=offered, greeted=False)
    assert socket.connection.subprotocol == offered[0]
    assert socket.wait_until_closed() == 4406
    assert socket.hello is None
    assert_bye(socket, 4406, reconnect=False)


def test_one_socket_too_many_ends_the_oldest(me: Person, connect: Connect, sockets_per_user: int) -> None:
    sockets = [connect(me) for _ in range(sockets_per_user + 1)]
    oldest, *others = sockets
    assert oldest.wait_until_closed() == 4409
    assert_bye(oldest, 4409, reconnect=False)
    pongs: list[Frame] = [socket.ping() for socket in others]
    assert len(pongs) == sockets_per_user


def test_a_socket_that_the_client_closes_is_closed_in_order(me: Person, connect: Connect) -> None:
    socket = connect(me)
    socket.connection.close()
    assert socket.connection.protocol.close_rcvd is not None
    assert socket.connection.protocol.close_rcvd.code == 1000
