"""Messages of some time ago, a channel that remembers what it was told, a real SMTP server and a push service."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import django
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.cache import cache
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.base_models import AbstractRoom
from django_pairchat.notifications import push_service
from django_pairchat.notifications.models import RoomNotice, SweepProgress
from django_pairchat.notifications.notifiers import News, Notifier
from django_pairchat.notifications.services import sweep
from django_pairchat.policy import Policy
from django_pairchat.services import send
from tests.conftest import People

from .push_service import PRIVATE_KEY, SUBJECT, PushService, serving_push


class NotedNotifier(Notifier):
    """Tells nobody: it keeps what it was given, or raises what a test has put into ``failures``."""

    channel: ClassVar[str] = "noted"
    label = "Noted"
    sent: ClassVar[list[News]] = []
    failures: ClassVar[list[BaseException | None]] = []
    before: ClassVar[list[Callable[[], Any]]] = []

    def send(self, news: News) -> None:
        for act in list(self.before):
            act()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(news)


class ShowingPolicy(Policy):
    """Shows what was written in notifications."""

    def shows_text_to(self, user: Any, room: AbstractRoom, channel: str) -> bool:
        return True


@pytest.fixture(autouse=True)
def _nobody_is_present() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def noted(settings: Any) -> type[NotedNotifier]:
    """The only channel, on for everybody."""
    settings.PAIRCHAT_NOTIFICATIONS = {
        "SITE_URL": "https://chat.example",
        "NOTIFIERS": [f"{__name__}.NotedNotifier"],
        "ON_BY_DEFAULT": ["noted"],
    }
    for kept in (NotedNotifier.sent, NotedNotifier.failures, NotedNotifier.before):
        kept.clear()
    return NotedNotifier


@pytest.fixture
def addresses(people: People) -> People:
    """The people, each with an address for mails."""
    for name, user in people._asdict().items():
        user.email = f"{name}@example.com"
        user.save()
    return people


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def write(room: Any, sender: Any, text: str = "Is it still there?", *, minutes_ago: float = 11) -> Any:
    """Send a message, and let it look as if it had been sent some time ago."""
    message = send(room, sender, text)
    at = ago(minutes_ago)
    get_message_model().objects.filter(pk=message.pk).update(created_at=at)
    get_room_model().objects.filter(pk=room.pk).update(last_message_at=at)
    # As if the last sweep had been before it.
    SweepProgress.objects.filter(seen_until__gt=at).update(seen_until=at)
    room.refresh_from_db()
    return message


def end_pauses() -> None:
    """Let the time of the next look be over for what was put off."""
    RoomNotice.objects.filter(due_at__isnull=False).update(due_at=ago(1))


def make_due() -> None:
    """Let every message have waited long enough, and the time of the next look be over."""
    get_message_model().objects.filter(created_at__gt=ago(11)).update(created_at=ago(11))
    end_pauses()


def begin_sweeping() -> None:
    """Run the first sweep, before which nothing was ever told."""
    sweep()
    SweepProgress.objects.update(since=ago(24 * 60), seen_until=ago(24 * 60))


class SmtpServer:
    """A mail server on a port of its own, which keeps the bytes of each mail and refuses what it is told to."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refused: dict[str, str] = {}
        self.refused_sender = ""
        self.after_data = ""
        self.hangs_up_at = ""
        """The command after which the client hears nothing any more."""
        self.lock = threading.Lock()
        self.port = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.hangs_up_at == "MAIL":
            server.transport.close()
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        with self.lock:
            self.mails.append(envelope.original_content)
        if self.hangs_up_at == "DATA":
            server.transport.close()
        return self.after_data or "250 OK"


def use_mail_server(settings: Any, port: int, timeout: float | None = 10, *, encrypted: bool = False) -> None:
    """Let Django send mails to this port, by the settings that its version has for that."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        options = {"host": "127.0.0.1", "port": port, "timeout": timeout, "use_ssl": encrypted}
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = backend
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_TIMEOUT = timeout
    settings.EMAIL_USE_SSL = encrypted


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(server: SmtpServer, **options: Any) -> Iterator[SmtpServer]:
    """Run the server on a port of its own."""
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    with serving(SmtpServer()) as server:
        use_mail_server(settings, server.port)
        yield server


@pytest.fixture
def unknown_smtp(tmp_path: Path) -> Iterator[SmtpServer]:
    """A server with TLS whose certificate nobody has signed, as one that has run out."""
    if not shutil.which("openssl"):
        pytest.skip("There is no openssl to make a certificate with")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with serving(SmtpServer(), ssl_context=context) as server:
        yield server


@pytest.fixture
def push(settings: Any) -> Iterator[PushService]:
    """A push service, and a site whose only channel it is."""
    push_service._rests.clear()
    with serving_push() as service:
        settings.PAIRCHAT_NOTIFICATIONS = {
            "SITE_URL": "https://chat.example",
            "NOTIFIERS": ["django_pairchat.notifications.push.PushNotifier"],
            "VAPID_PRIVATE_KEY": PRIVATE_KEY,
            "VAPID_SUBJECT": SUBJECT,
            "PUSH_HOSTS": [service.origin],
        }
        yield service
    push_service._rests.clear()
