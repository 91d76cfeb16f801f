"""Tokens of simplejwt and allauth, good and bad ones, at the endpoints and at the socket."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import jwt
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as project
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import AsyncClient, Client, modify_settings
from django.utils.module_loading import import_string

from django_pairchat import get_message_model
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.conftest import People
from tests.support.options import SetOptions

rest_settings = pytest.importorskip("rest_framework_simplejwt.settings")
rest_tokens = pytest.importorskip("rest_framework_simplejwt.tokens")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # The key of the test project is short.
    pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning"),
]
SIMPLEJWT = "rest_framework_simplejwt.authentication.JWTAuthentication"
ALLAUTH = "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication"
ALLAUTH_JWT = "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication"
SESSIONS = "django_pairchat.authentication.SessionAuthentication"
OVER = 4401


@pytest.fixture(autouse=True)
def ways(settings: Any) -> Iterator[None]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": [SIMPLEJWT, SESSIONS]}
    yield
    stop_live_threads()


def access_token(user: Any) -> str:
    return str(rest_tokens.AccessToken.for_user(user))


def claims(user: Any, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"token_type": "access", "exp": now + 300, "iat": now, "jti": uuid4().hex, "user_id": str(user.pk)}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(user: Any, key: str = project.SECRET_KEY, **changes: Any) -> str:
    return jwt.encode(claims(user, **changes), key, algorithm="HS256")


BAD: dict[str, Callable[[Any], str]] = {
    "wrong": lambda user: "nonsense",
    "cut off": lambda user: access_token(user)[:-2],
    "expired": lambda user: signed(user, exp=int(time.time()) - 60),
    "signed by others": lambda user: signed(user, key="the key of another site, which is as long"),
    "without a signature": lambda user: jwt.encode(claims(user), None, algorithm="none"),
    "for a refresh": lambda user: str(rest_tokens.RefreshToken.for_user(user)),
    "of nobody": lambda user: signed(user, user_id="999999"),
    "without a user": lambda user: signed(user, user_id=None),
    "too large": lambda user: signed(user, more="x" * 60_000),
    "deeply nested": lambda user: f"{urlsafe_b64encode(b'[' * 6000).decode()}.e30.AA",
}
# Signed by the host's key, as one of its services might by mistake: what no user's key can be.
NO_KEYS: dict[str, Any] = {
    "NUL": "1\0",
    "text": "somebody",
    "a half character": "\ud800",
    "empty": "",
    "long": "9" * 5000,
    "large": 10**30,
    "negative": -1,
    "infinite": float("inf"),
    "no number": float("nan"),
    "list": [1],
    "object": {"id": 1},
}
BAD |= {f"with {kind} for a user": partial(signed, user_id=value) for kind, value in NO_KEYS.items()}


def write(key: str, client: Client | None = None, **headers: str) -> Any:
    body = {"client_id": str(uuid4()), "content": "hello"}
    address = f"/chat/api/rooms/{key}/messages/"
    client = client or Client(enforce_csrf_checks=True)
    return client.post(address, body, content_type="application/json", headers=headers)


def socket(**headers: str) -> ChatCommunicator:
    raw = [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return ChatCommunicator(origin=None, headers=raw)


def test_a_good_one_writes(people: People, key: str) -> None:
    assert write(key, Authorization=f"Bearer {access_token(people.minji)}").status_code == 201
    assert write(key, Authorization=f"Bearer {signed(people.minji)}").status_code == 201


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_one_is_answered_as_any_other_also_beside_a_cookie(people: People, key: str, kind: str) -> None:
    token = BAD[kind](people.minji)
    known = write(key, Authorization="Bearer nonsense")
    assert known.json()["code"] == "unauthenticated"
    beside_a_cookie = Client(enforce_csrf_checks=True)
    beside_a_cookie.force_login(people.minji)
    for client in (None, beside_a_cookie):
        refused = write(key, client, Authorization=f"Bearer {token}")
        assert (refused.status_code, refused.content) == (401, known.content)
        assert refused["WWW-Authenticate"] == known["WWW-Authenticate"]
        assert refused["WWW-Authenticate"].startswith("Bearer")
    assert not get_message_model().objects.exists()


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_one_is_told_at_the_socket(people: People, kind: str) -> None:
    opened = socket(authorization=f"Bearer {BAD[kind](people.minji)}")
    assert (await opened.connect())["code"] == OVER
    await opened.disconnect()


def test_a_key_that_none_can_have_is_refused_also_where_keys_are_texts(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_settings.api_settings, "USER_ID_FIELD", "username")
    assert ask_for_ticket(signed(people.minji, user_id=people.minji.username)).status_code == 201
    wrong = ask_for_ticket("nonsense")
    for kind, value in NO_KEYS.items():
        refused = ask_for_ticket(signed(people.minji, user_id=value))
        assert (refused.status_code, refused.content) == (401, wrong.content), kind


def ask_for_ticket(token: str) -> Any:
    return Client().post("/chat/api/ticket/", headers={"Authorization": f"Bearer {token}"})


async def test_a_ticket_for_somebody_who_was_deleted_is_refused(people: People) -> None:
    headers = {"Authorization": f"Bearer {access_token(people.minji)}"}
    given = await AsyncClient().post("/chat/api/ticket/", headers=headers)
    await people.minji.adelete()
    opened = ChatCommunicator(origin=None, subprotocols=["pairchat.v1", f"pairchat.ticket.{given.json()['ticket']}"])
    assert (await opened.connect())["code"] == OVER
    await opened.disconnect()


def test_a_deactivated_person_is_answered_as_a_wrong_token(people: People, key: str) -> None:
    token = access_token(people.minji)
    people.minji.is_active = False
    people.minji.save()
    refused, wrong = (write(key, Authorization=f"Bearer {each}") for each in (token, "nonsense"))
    assert (refused.status_code, refused.content) == (401, wrong.content)


def test_a_token_counts_more_than_the_cookie_of_somebody_else(people: People, key: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.minji)
    assert write(key, client, Authorization=f"Bearer {access_token(people.juwon)}").status_code == 201
    assert [each.sender_id for each in get_message_model().objects.all()] == [people.juwon.pk]


async def test_a_token_that_expires_ends_the_socket(people: People, options: SetOptions) -> None:
    options(recheck_seconds=0.0)
    token = signed(people.minji, exp=int(time.time()) + 2)
    opened = socket(authorization=f"Bearer {token}")
    assert (await opened.connect())["type"] == "hello"
    while (answer := await ask(opened)) is not None:
        assert answer["type"] == "pong"
    assert opened.close_code == OVER
    await opened.disconnect()


async def ask(opened: ChatCommunicator) -> dict[str, Any] | None:
    """The answer to a ping, ``None`` if the connection has ended."""
    try:
        return await opened.request("ping")
    except ConnectionAbortedError:
        return None


# The session token of allauth is the key of a session.


@pytest.fixture
def allauth(settings: Any) -> Iterator[None]:
    with (
        modify_settings(MIDDLEWARE={"append": "allauth.account.middleware.AccountMiddleware"}),
        modify_settings(INSTALLED_APPS={"append": ["allauth", "allauth.account", "allauth.headless"]}),
    ):
        settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": [ALLAUTH, SESSIONS]}
        yield


@pytest.fixture
def noted_activity(allauth: None, settings: Any) -> Iterator[None]:
    settings.USERSESSIONS_TRACK_ACTIVITY = True
    with modify_settings(INSTALLED_APPS={"append": "allauth.usersessions"}):
        yield


def session_token(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[project.SESSION_COOKIE_NAME].value


@pytest.mark.usefixtures("allauth")
def test_the_session_token_of_allauth_writes_without_a_csrf_token(people: People, key: str) -> None:
    assert write(key, X_Session_Token=session_token(people.minji)).status_code == 201
    for wrong in ("nonsense", "", "x" * 5000):
        refused = write(key, X_Session_Token=wrong)
        assert refused.status_code in (401, 403)
        assert refused.json()["code"] in ("unauthenticated", "csrf")
    assert get_message_model().objects.count() == 1


@pytest.mark.usefixtures("noted_activity")
async def test_the_session_token_counts_where_allauth_notes_the_activity_of_sessions(people: People, key: str) -> None:
    token = await sync_to_async(session_token)(people.minji)
    assert (await sync_to_async(write)(key, X_Session_Token=token)).status_code == 201
    opened = socket(x_session_token=token)
    assert (await opened.connect())["user"] == str(people.minji.pk)
    await opened.disconnect()


@pytest.mark.usefixtures("allauth")
async def test_a_new_password_or_a_logout_ends_the_socket_of_a_session_token(
    people: People, options: SetOptions
) -> None:
    options(recheck_seconds=0.0)
    for end in (new_password, log_out):
        token = await sync_to_async(session_token)(people.minji)
        opened = socket(x_session_token=token)
        assert (await opened.connect())["type"] == "hello"
        await sync_to_async(end)(people.minji, token)
        assert await ask(opened) is None
        assert opened.close_code == OVER
        await opened.disconnect()


def new_password(user: Any, token: str) -> None:
    user.set_password("another")
    user.save()


def log_out(user: Any, token: str) -> None:
    SessionStore(token).delete()


# The access token of allauth's JWT strategy, which may be read without a look at the session, or not.


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def is_stateful(request: pytest.FixtureRequest, allauth: None, settings: Any) -> bool:
    settings.HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
    settings.HEADLESS_JWT_ALGORITHM = "HS256"
    settings.HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = request.param
    settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": [ALLAUTH_JWT, ALLAUTH, SESSIONS]}
    return bool(request.param)


def allauth_token(user: Any, session: str | None = None) -> str:
    """As it answers a login with the access token of the new session."""
    request = HttpRequest()
    request.user, request.session = user, SessionStore(session or session_token(user))
    token: str = import_string("allauth.headless.tokens.strategies.jwt.JWTTokenStrategy")().create_access_token(request)
    return token


def changed(token: str, key: str = project.SECRET_KEY, **claims: Any) -> str:
    """The token with other claims; ``None`` leaves one out."""
    good = jwt.decode(token, options={"verify_signature": False})
    left = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(left, key, algorithm="HS256")


BAD_OF_ALLAUTH: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1},
    "for a refresh": {"token_use": "refresh"},
    "signed by others": {"key": "the key of another site, which is as long"},
    "of nobody": {"sub": "999999"},
    "without a user": {"sub": None},
    "without a session": {"sid": None},
    "with NUL for a user": {"sub": "1\0"},
    "with text for a user": {"sub": "somebody"},
    "with a number for a user": {"sub": 1},
}


async def test_an_access_token_of_allauth_writes_and_opens_a_socket(
    is_stateful: bool, people: People, key: str
) -> None:
    token = await sync_to_async(allauth_token)(people.minji)
    assert (await sync_to_async(write)(key, Authorization=f"Bearer {token}")).status_code == 201
    opened = socket(authorization=f"Bearer {token}")
    assert (await opened.connect())["user"] == str(people.minji.pk)
    assert (await opened.request("send", room=key, client_id=str(uuid4()), content="hi"))["type"] == "ok"
    await opened.disconnect()


@pytest.mark.parametrize("kind", BAD_OF_ALLAUTH)
def test_a_bad_one_of_allauth_is_answered_as_any_other(is_stateful: bool, people: People, key: str, kind: str) -> None:
    token = changed(allauth_token(people.minji), **BAD_OF_ALLAUTH[kind])
    known, refused = (write(key, Authorization=f"Bearer {each}") for each in ("nonsense", token))
    assert (refused.status_code, refused.content) == (401, known.content)
    assert refused["WWW-Authenticate"] == known["WWW-Authenticate"] == "Bearer"
    assert not get_message_model().objects.exists()


async def test_a_logout_ends_what_allauth_reads_with_the_session(
    is_stateful: bool, people: People, options: SetOptions
) -> None:
    options(recheck_seconds=0.0)
    session = await sync_to_async(session_token)(people.minji)
    opened = socket(authorization=f"Bearer {await sync_to_async(allauth_token)(people.minji, session)}")
    assert (await opened.connect())["type"] == "hello"
    await sync_to_async(log_out)(people.minji, session)
    # Without it a token is good until it expires, in 5 minutes by default.
    assert (await ask(opened) is None) == is_stateful
    assert opened.close_code == (OVER if is_stateful else None)
    await opened.disconnect()


async def test_nobody_is_left_behind_a_token_of_allauth_after_a_deletion(
    is_stateful: bool, people: People, options: SetOptions
) -> None:
    options(recheck_seconds=0.0)
    opened = socket(authorization=f"Bearer {await sync_to_async(allauth_token)(people.minji)}")
    assert (await opened.connect())["type"] == "hello"
    await people.minji.adelete()
    assert await ask(opened) is None
    assert opened.close_code == OVER
    await opened.disconnect()
