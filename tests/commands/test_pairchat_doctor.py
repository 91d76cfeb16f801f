"""``pairchat_doctor``: what was found, what is wrong, and a socket to a site that is running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.test import override_settings

from django_pairchat import get_room_model
from django_pairchat.core.access import database
from django_pairchat.management import doctor
from django_pairchat.realtime import servers

pytestmark = pytest.mark.django_db

BOARD = Path(__file__).resolve().parents[2] / "example_project"
START_SECONDS = 60
REDIS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}}
MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
BROKEN = {"default": {"BACKEND": "django_pairchat.testing.BrokenChannelLayer"}}
LOSING = {"default": {"BACKEND": "django_pairchat.testing.LossyChannelLayer", "CONFIG": {"drop": 1.0}}}


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("pairchat_doctor", *arguments, stdout=said, no_color=True)
    return said.getvalue()


def refused(*arguments: str) -> str:
    """What it says where it ends with 1."""
    said = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("pairchat_doctor", *arguments, stdout=said, no_color=True)
    return f"{said.getvalue()}{error.value}"


def test_a_sound_project_is_described_and_passes() -> None:
    said = run()
    subjects = ["server", "socket path", "channel layer", "cache", "database", "storage", "pictures", "origin"]
    for subject in [*subjects, "base template", "login page"]:
        assert f"\n{subject} " in f"\n{said}"
    assert "uvicorn" in said
    assert "/login/" in said
    assert "pairchat.W010" in said
    assert "All is well." in said


def test_files_that_the_web_server_is_to_send_are_told_of() -> None:
    assert "X-Accel-Redirect" not in run()
    with override_settings(PAIRCHAT={"SENDFILE_HEADER": "X-Accel-Redirect"}):
        said = run()
    assert "handed to the web server by X-Accel-Redirect: without one, pictures are empty" in said


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "WEB_CONCURRENCY is not set, so one process is assumed"), ("1", "WEB_CONCURRENCY is 1\n")],
)
def test_how_many_processes_there_are_is_told_with_where_that_is_from(
    monkeypatch: pytest.MonkeyPatch, value: str | None, told: str
) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    if value:
        monkeypatch.setenv("WEB_CONCURRENCY", value)
    assert told in run()


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LAYER_SECONDS", 0.5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"LOGIN_URL": "/nowhere/"}, ["pairchat.W008", "/nowhere/, where nothing answers"]),
        ({"MEDIA_ROOT": ""}, ["pairchat.W014", "MEDIA_ROOT is empty"]),
        ({"CHANNEL_LAYERS": {"default": {"BACKEND": "no_such.Layer"}}}, ["pairchat.E022", "cannot be used"]),
        ({"CACHES": {"default": {"BACKEND": "no_such.Cache"}}}, ["pairchat.E024", "cannot be used"]),
        ({"CHANNEL_LAYERS": REDIS}, ["pairchat.W012", "RedisPubSubChannelLayer"]),
        ({"CHANNEL_LAYERS": BROKEN}, ["BrokenChannelLayer", "does not arrive: ConnectionError: This channel layer is"]),
        ({"CHANNEL_LAYERS": LOSING}, ["LossyChannelLayer", "does not arrive: TimeoutError"]),
        ({"PAIRCHAT": {"POLCY": 1}}, ["pairchat.E002"]),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(given: dict[str, Any], told: list[str]) -> None:
    with override_settings(**given):
        said = refused()
    assert all(text in said for text in [*told, "Something is wrong"]), said


def test_a_channel_layer_that_delivers_passes() -> None:
    with override_settings(CHANNEL_LAYERS=MEMORY):
        said = run()
    assert "InMemoryChannelLayer" in said
    assert "where a message to a group arrives" in said


def test_a_silenced_warning_is_no_reason_to_fail() -> None:
    with override_settings(LOGIN_URL="/nowhere/", SILENCED_SYSTEM_CHECKS=["pairchat.W008"]):
        assert "All is well." in run()


def test_a_project_that_was_not_migrated_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_room_model()._meta, "db_table", "not_there")
    said = refused()
    assert "without the tables not_there: run manage.py migrate" in said
    assert "Something is wrong" in said


def test_a_database_that_cannot_be_reached_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connections[database()], "ensure_connection", unreachable)
    said = refused()
    assert "cannot be used: OperationalError: connection refused" in said
    assert "Something is wrong" in said


class Forgetful(LocMemCache):
    """As a client of a cache server that is not there, and that ignores its errors."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return None


class Unreachable(LocMemCache):
    def set(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionError("connection refused")


@pytest.mark.parametrize(
    ("cache", "told"), [(Forgetful, "which keeps nothing"), (Unreachable, "cannot be used: ConnectionError")]
)
def test_a_cache_that_does_not_work_is_told(cache: type[LocMemCache], told: str) -> None:
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.{cache.__name__}"}}):
        said = refused()
    assert told in said
    assert "Something is wrong" in said


def test_a_server_without_sockets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "lacks_websockets", lambda: True)
    assert "uvicorn without websockets" in refused()


def test_a_cache_that_keeps_nothing_is_seen() -> None:
    dummy = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with override_settings(CACHES=dummy):
        assert "keeps nothing" in refused()
    with override_settings(CACHES=dummy, SILENCED_SYSTEM_CHECKS=["pairchat.W013"]):
        assert "All is well." in run()


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com/", "https:///"])
def test_an_address_that_is_none(url: str) -> None:
    assert "is no address of a site" in refused("--url", url)


def test_a_user_needs_an_address() -> None:
    assert "--user needs --url" in refused("--user", "7")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_an_address_where_nothing_listens() -> None:
    assert "cannot be opened" in refused("--url", f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize(("status", "told"), [(404, "as an ordinary request"), (500, "has no route to a socket")])
def test_what_the_answer_to_a_handshake_may_mean(status: int, told: str) -> None:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.handle_request).start()
        said = refused("--url", f"http://127.0.0.1:{server.server_port}/")
    assert f"answered the handshake with {status}. " in said
    assert told in said


# A running site


class Site:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PAIRCHAT_"))},
            "DATABASE_URL": f"sqlite:///{folder / 'board.sqlite3'}",
            "PYTHONPATH": os.pathsep.join([str(BOARD), *sys.path]),
            "DJANGO_SETTINGS_MODULE": "board_site.settings",
        }

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BOARD,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    def doctor(self, *arguments: str, **environment: str) -> tuple[int, str]:
        done = self.manage("pairchat_doctor", "--url", f"http://127.0.0.1:{self.port}/", *arguments, **environment)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The example board under uvicorn."""
    site = Site(tmp_path_factory.mktemp("site"))
    assert site.manage("migrate").returncode == 0
    create = "from django.contrib.auth.models import User; User.objects.create_user('minji')"
    assert site.manage("shell", "-c", create).returncode == 0
    command = [sys.executable, "-m", "uvicorn", "board_site.asgi:application", "--ws", "websockets-sansio"]
    server = subprocess.Popen([*command, "--port", str(site.port)], cwd=BOARD, env=site.environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_open(site.port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield site
    finally:
        server.terminate()
        server.wait(START_SECONDS)


def test_a_running_site_asks_a_stranger_to_sign_in(site: Site) -> None:
    status, said = site.doctor()
    assert (status, "is open, and asks to sign in" in said) == (0, True), said


def test_a_running_site_greets_a_user_whose_session_is_gone_afterwards(site: Site) -> None:
    status, said = site.doctor("--user", "1")
    assert (status, "said hello to the user 1" in said) == (0, True), said
    count = "from django.contrib.sessions.models import Session; print('sessions:', Session.objects.count())"
    assert "sessions: 0" in site.manage("shell", "-c", count).stdout


def test_a_user_who_does_not_exist(site: Site) -> None:
    for key in ("99", "x"):
        status, said = site.doctor("--user", key)
        assert (status, "there is no user with this key" in said) == (1, True), said


def test_a_site_with_other_secrets_does_not_know_the_session(site: Site) -> None:
    status, said = site.doctor("--user", "1", SECRET_KEY="another " * 10)
    assert (status, "does not know the session" in said) == (1, True), said


def test_a_path_at_which_there_is_no_socket(site: Site) -> None:
    done = site.manage("pairchat_doctor", "--url", f"http://127.0.0.1:{site.port}/elsewhere/")
    assert done.returncode == 1
    assert "answered the handshake with 403. Either no socket is served at this path" in done.stdout


def test_a_site_that_refuses_the_origin(site: Site) -> None:
    # A host that is not in ALLOWED_HOSTS.
    done = site.manage("pairchat_doctor", "--url", f"http://0.0.0.0:{site.port}/")
    assert done.returncode == 1
    assert "answered the handshake with 403. " in done.stdout
    assert "Or the origin is refused" in done.stdout
