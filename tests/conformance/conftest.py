"""Options of the suite, the three people it plays, and the rooms they meet in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from .client import Person, Requester, Site, Socket
from .helpers import REQUIRED, calm, topic_number
from .pages import tokens_by_author

DEFAULTS = {
    "url": "",
    "ws_path": "/ws/pairchat/",
    "mount": "/chat/",
    "login_path": "/accounts/login/",
    "logout_path": "/accounts/logout/",
    "topics_path": "/",
    "users": "minji:pairchat-demo juwon:pairchat-demo sora:pairchat-demo",
    "sends_per_minute": "100",
    "send_burst": "20",
    "sockets_per_user": "10",
}
HELP = {
    "url": "base URL of the server under test",
    "ws_path": "path of its WebSocket",
    "mount": "where django_pairchat.urls is included",
    "login_path": "Django's login form",
    "logout_path": "Django's logout view",
    "topics_path": "page from which links lead to pages with a chat button",
    "users": "three people, name:password each, separated by spaces",
    "sends_per_minute": "PAIRCHAT['SENDS_PER_MINUTE'] of the server",
    "send_burst": "PAIRCHAT['SEND_BURST'] of the server",
    "sockets_per_user": "PAIRCHAT['SOCKETS_PER_USER'] of the server",
}
# The example project reads its limits from these, so a run that raises them says so to both.
SERVER_SETTINGS = ("sends_per_minute", "send_burst", "sockets_per_user")
NOT_RUN = "not run: give --chat-url, or PAIRCHAT_CONFORMANCE_URL, with the address of a running server"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chat", "conformance to pairchat.v1")
    for name, text in HELP.items():
        default = f" (default: {DEFAULTS[name]})" if DEFAULTS[name] else ""
        group.addoption(f"--chat-{name.replace('_', '-')}", help=f"{text}{default}", metavar=name.upper())


def chosen(config: pytest.Config, name: str) -> str:
    """The command line wins over the environment, and that over the example project's values."""
    given: str | None = config.getoption(f"chat_{name}", None)
    prefix = "PAIRCHAT_" if name in SERVER_SETTINGS else "PAIRCHAT_CONFORMANCE_"
    return given or os.environ.get(prefix + name.upper()) or DEFAULTS[name]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.parent != Path(__file__).parent or chosen(config, "url"):
        return None
    if REQUIRED:
        raise pytest.UsageError(f"conformance {NOT_RUN}")
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not chosen(config, "url"):
        terminalreporter.write_line(f"conformance: {NOT_RUN}", yellow=True)


@pytest.fixture(scope="session")
def site(pytestconfig: pytest.Config) -> Site:
    return Site(
        url=chosen(pytestconfig, "url").rstrip("/"),
        ws_path=chosen(pytestconfig, "ws_path"),
        mount=chosen(pytestconfig, "mount"),
        login_path=chosen(pytestconfig, "login_path"),
        logout_path=chosen(pytestconfig, "logout_path"),
        topics_path=chosen(pytestconfig, "topics_path"),
    )


# People


class Rate(NamedTuple):
    per_minute: int
    burst: int


@pytest.fixture(scope="session")
def rate(pytestconfig: pytest.Config) -> Rate:
    return Rate(int(chosen(pytestconfig, "sends_per_minute")), int(chosen(pytestconfig, "send_burst")))


@pytest.fixture(scope="session")
def sockets_per_user(pytestconfig: pytest.Config) -> int:
    return int(chosen(pytestconfig, "sockets_per_user"))


@pytest.fixture(scope="session")
def credentials(pytestconfig: pytest.Config) -> list[tuple[str, str]]:
    users = [tuple(user.split(":", 1)) for user in chosen(pytestconfig, "users").split()]
    assert len(users) == 3, "the suite needs three users, as name:password"
    return [(name, password) for name, password in users]


@pytest.fixture(scope="session")
def people(site: Site, credentials: list[tuple[str, str]]) -> Iterator[list[Person]]:
    with ExitStack() as stack:
        signed_in = [Person(site, *credential) for credential in credentials]
        for person in signed_in:
            stack.callback(person.close)
        yield signed_in


@pytest.fixture(scope="session")
def me(people: list[Person]) -> Person:
    return people[0]


@pytest.fixture(scope="session")
def peer(people: list[Person]) -> Person:
    return people[1]


@pytest.fixture(scope="session")
def stranger(people: list[Person]) -> Person:
    """Somebody who is in no room of the first two."""
    return people[2]


SignIn = Callable[[int], Person]


@pytest.fixture
def sign_in(site: Site, credentials: list[tuple[str, str]]) -> Iterator[SignIn]:
    """Makes a session of its own for one of the three, for tests that end or spoil it."""
    with ExitStack() as stack:

        def sign_in(number: int) -> Person:
            person = Person(site, *credentials[number])
            stack.callback(person.close)
            return person

        yield sign_in


# Sockets

Connect = Callable[..., Socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens a socket that is closed when the test ends."""
    with ExitStack() as stack:

        def connect(person: Person, **options: object) -> Socket:
            return stack.enter_context(person.connect(**options))

        yield connect


@pytest.fixture
def mine(me: Person, connect: Connect) -> Socket:
    return connect(me)


@pytest.fixture
def theirs(peer: Person, connect: Connect) -> Socket:
    return connect(peer)


@pytest.fixture
def strangers(stranger: Person, connect: Connect) -> Socket:
    return connect(stranger)


@pytest.fixture(params=["websocket", "http"])
def voice(request: pytest.FixtureRequest, me: Person) -> Requester:
    """Me, over each of the two transports in turn."""
    return request.getfixturevalue("mine") if request.param == "websocket" else me


# Rooms


def open_room(person: Person, peer: Person, **fields: object) -> str:
    answer = person.open_room(peer.user, **fields)
    assert answer.status_code in (200, 201), f"{person.username} cannot write to {peer.username}: {answer.text}"
    room: str = answer.json()["room"]["room"]
    return room


@pytest.fixture(scope="session")
def room(me: Person, peer: Person) -> str:
    """Mine and my peer's, with a message in it."""
    room = calm(open_room(me, peer), me, peer)
    me.send(room)
    return room


@pytest.fixture(scope="session")
def foreign_room(peer: Person, stranger: Person) -> str:
    """One that I am not in, with a message in it."""
    room = calm(open_room(peer, stranger), peer, stranger)
    peer.send(room)
    return room


@pytest.fixture(scope="session")
def missing_room(room: str) -> str:
    """The key of a room that nobody has, spelt as this server's keys are."""
    return str(int(room) + 10**9) if room.isdecimal() else str(uuid4())


@pytest.fixture(scope="session")
def missing_user(me: Person) -> str:
    return str(int(me.user) + 10**9) if me.user.isdecimal() else str(uuid4())


@pytest.fixture(scope="session")
def long_room(me: Person, stranger: Person) -> str:
    """Mine and the stranger's, longer than one page or one catch-up; nothing in it is cleared."""
    room = calm(open_room(me, stranger), me, stranger)
    with me.connect() as mine, stranger.connect() as strangers:
        needed = mine.limits["sync_changes"] + 5 - mine.room_object(room)["head"]
        for number in range(needed):
            (mine, strangers)[number % 2].send(room, f"message {number} of many")
    return room


@pytest.fixture(scope="session")
def topics(me: Person, peer: Person) -> list[str]:
    """Tokens of topics about which I may write to my peer, in the same order in every run."""
    return tokens_by_author(me).get(peer.user, [])


@pytest.fixture(scope="session")
def topic_room(me: Person, peer: Person, topics: list[str]) -> str:
    """A second room of mine and my peer's."""
    return calm(open_room(me, peer, topic=topic_number(topics, 0)), me, peer)


@pytest.fixture(scope="session")
def empty_room(me: Person, peer: Person, topics: list[str]) -> str:
    """Opened by me, and no test ever writes in it."""
    return open_room(me, peer, topic=topic_number(topics, 1))


@pytest.fixture(scope="session")
def unopened_topic(topics: list[str]) -> str:
    """A token that no test ever opens a room with."""
    return topic_number(topics, 2)
