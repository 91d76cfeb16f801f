"""The two ways by which a mail comes in: the pipe of a mail server, and the webhook of a provider."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from anymail.signals import inbound, tracking
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from django_pairchat.notifications.replies import inbound_signal, receiving
from django_pairchat.notifications.replies.address import make_token, reply_address
from django_pairchat.notifications.services import notification_settings
from django_pairchat.testing import stop_live_threads
from tests.conftest import People
from tests.support.sockets import Sockets

from . import mails
from .conftest import SmtpServer, begin_sweeping, write
from .mails import Original
from .test_replies import TEXT, texts, told

ROOT = Path(__file__).resolve().parents[2]
REPLY_ADDRESS = "reply+{token}@chat.example"


@pytest.fixture
def invited(room: Any, addresses: People, smtp: SmtpServer, settings: Any) -> Original:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": REPLY_ADDRESS}
    begin_sweeping()
    write(room, addresses.minji)
    return told(smtp)


# The pipe


def piped(monkeypatch: pytest.MonkeyPatch, raw: bytes, *arguments: str) -> tuple[int, str]:
    """The exit status of the command, and what it says on both of its outputs."""
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(raw)))
    output = StringIO()
    try:
        call_command("pairchat_receive_mail", *arguments, stdout=output, stderr=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


@pytest.mark.django_db
def test_a_piped_mail_becomes_a_message(invited: Original, room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mails.gmail_android_korean(invited, TEXT).replace(b"\r\n", b"\n")
    arguments = ("--sender", mails.WRITER, "--recipient", invited.reply_to)
    # Postfix puts a line before the headers if it is asked to.
    assert piped(monkeypatch, b"From juwon@example.com Mon Nov 30 13:30:00 2026\n" + raw, *arguments) == (0, "Sent.\n")
    assert texts(room) == [TEXT]


@pytest.mark.django_db
def test_the_server_gets_no_reason_to_bounce(invited: Original, room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for changes in ({"To": "reply@chat.example"}, {"From": "x@elsewhere.example"}, {"Auto_Submitted": "auto-replied"}):
        status, said = piped(monkeypatch, mails.plain(invited, "Hi", **changes))
        assert status == 0
        assert said.startswith("Not sent: ")
    assert piped(monkeypatch, mails.plain(invited, "Hi"), "--sender", "") == (0, "Not sent: it is a bounce.\n")
    assert texts(room) == []


@pytest.mark.django_db
def test_a_database_that_is_away_makes_the_server_try_again(
    invited: Original, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mails.plain(invited, "Yes")
    with monkeypatch.context() as away:
        away.setattr(receiving, "all_rooms", unavailable)
        assert piped(monkeypatch, raw) == (75, "Not now: OperationalError\n")
    assert piped(monkeypatch, raw) == (0, "Sent.\n")
    assert texts(room) == ["Yes"]


def unavailable() -> Any:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script of the guide, in which only the two places are others."""
    guide = (ROOT / "docs" / "guides" / "mail.md").read_text("utf-8")
    (text,) = re.findall(r"receive-mail\n\n(#!/bin/sh\n.*?)```", guide, re.DOTALL)
    text = (
        text.replace("/var/log/shop", str(tmp_path))
        .replace("cd /srv/shop", f'cd "{ROOT}"')
        .replace("venv/bin/python manage.py", f'"{sys.executable}" -m django')
    )
    assert "shop" not in text
    path = tmp_path / "receive-mail"
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def run(script: Path, raw: bytes, *arguments: str, **environment: str) -> Any:
    """Run the script as Postfix does, with the mail on standard input."""
    return subprocess.run(
        [script, *arguments],
        input=raw,
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.notifications.settings_replies", **environment},
    )


SOMEBODY = Original("Chat <chat@chat.example>", "Hello", "", "", "somebody@chat.example", "<1@chat.example>")


def test_the_exit_statuses_are_those_that_a_mail_server_understands(script: Path) -> None:
    on = {"REPLY_ADDRESS": REPLY_ADDRESS}
    raw, recipient = mails.plain(SOMEBODY, "Hi"), f"reply+{make_token(1, 1)}@chat.example"
    dropped = run(script, raw, mails.WRITER, "somebody@chat.example", **on)
    assert (dropped.returncode, dropped.stdout) == (0, b"Not sent: it is not addressed to a reply address.\n")
    bounce = run(script, raw, "", recipient, **on)
    assert (bounce.returncode, bounce.stdout) == (0, b"Not sent: it is a bounce.\n")
    away = run(script, raw, mails.WRITER, recipient, **on)
    assert (away.returncode, away.stdout, away.stderr) == (75, b"", b"")
    assert "Not now: OperationalError" in (script.parent / "receive-mail.log").read_text("utf-8")
    assert run(script, raw, mails.WRITER, recipient).returncode == 75
    script.write_text(script.read_text("utf-8").replace("receive-mail.log", "missing/receive-mail.log"), "utf-8")
    assert run(script, raw, mails.WRITER, recipient, **on).returncode == 75


def test_a_site_that_cannot_start_makes_the_server_try_again(script: Path) -> None:
    raw, recipient = mails.plain(SOMEBODY, "Hi"), f"reply+{make_token(1, 1)}@chat.example"
    on = {"REPLY_ADDRESS": REPLY_ADDRESS}
    # Django cannot even start, as in the middle of an update.
    assert run(script, raw, mails.WRITER, recipient, **on, DJANGO_SETTINGS_MODULE="no.such.settings").returncode == 75


def test_no_mail_at_all_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, b"\n") == (65, "There is no mail on standard input.\n")


# A provider's webhook


@pytest.fixture
def webhooks(settings: Any) -> Any:
    """Anymail's own views, and the receiver as it is connected where anymail is installed."""
    settings.ROOT_URLCONF = "tests.notifications.urls_anymail"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "chat:secret", "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    inbound_signal.connect()
    yield Client(raise_request_exception=False)
    inbound.disconnect(dispatch_uid=inbound_signal.RECEIVER)


def postmark(client: Client, invited: Original, text: str, **headers: str) -> int:
    """Post what Postmark posts without the option to include the raw mail."""
    names = {"Message-ID": "<7a1e@example.com>", "X-Spam-Status": "No", **headers}
    writer, recipient = {"Email": mails.WRITER, "Name": "주원"}, {"Email": invited.reply_to, "Name": "Chat"}
    quoted = f"\n\nOn Mon, Nov 30, 2026 at 1:23 PM {invited.sender} wrote:\n\n{mails.quoted(invited.text)}\n"
    event = {
        "FromName": "주원",
        "MessageStream": "inbound",
        "From": mails.WRITER,
        "FromFull": {**writer, "MailboxHash": ""},
        "To": f'"Chat" <{invited.reply_to}>',
        "ToFull": [recipient],
        "Cc": "",
        "CcFull": [],
        "Bcc": "",
        "BccFull": [],
        "OriginalRecipient": invited.reply_to,
        "Subject": f"Re: {invited.subject}",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": "Mon, 30 Nov 2026 13:30:00 +0900",
        "TextBody": f"{text}{quoted}",
        "HtmlBody": "",
        "StrippedTextReply": text,
        "Tag": "",
        "Headers": [{"Name": "Return-Path", "Value": f"<{mails.WRITER}>"}]
        + [{"Name": name, "Value": value} for name, value in names.items()],
        "Attachments": [],
    }
    body = json.dumps(event)
    answer = client.post("/anymail/postmark/inbound/", body, "application/json", headers=signed_in())
    return answer.status_code


def mailgun(client: Client, invited: Original, text: str, **headers: str) -> int:
    """Post what Mailgun posts to an address with "mime" in it."""
    at = str(int(time.time()))
    form = {
        "recipient": invited.reply_to,
        "sender": mails.WRITER,
        "from": f"주원 <{mails.WRITER}>",
        "subject": f"Re: {invited.subject}",
        "body-mime": mails.gmail_web(invited, text, **headers).decode(),
        "timestamp": at,
        "token": "t" * 50,
        "signature": hmac.new(b"key", f"{at}{'t' * 50}".encode(), hashlib.sha256).hexdigest(),
    }
    return client.post("/anymail/mailgun/inbound_mime/", form, headers=signed_in()).status_code


def signed_in() -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(b'chat:secret').decode()}"}


PROVIDERS = pytest.mark.parametrize("provider", [postmark, mailgun])


@pytest.mark.django_db
@PROVIDERS
def test_what_a_provider_posts_becomes_a_message_once(
    webhooks: Client, invited: Original, room: Any, provider: Any
) -> None:
    assert [provider(webhooks, invited, TEXT) for _ in range(2)] == [200, 200]
    assert texts(room) == [TEXT]


@pytest.mark.django_db
@PROVIDERS
def test_what_no_person_wrote_is_dropped(webhooks: Client, invited: Original, room: Any, provider: Any) -> None:
    assert provider(webhooks, invited, "I am away", **{"Auto-Submitted": "auto-replied"}) == 200
    assert texts(room) == []


@pytest.mark.django_db
def test_what_the_provider_takes_for_spam_is_dropped(webhooks: Client, invited: Original, room: Any) -> None:
    assert postmark(webhooks, invited, "Buy!", **{"X-Spam-Status": "Yes"}) == 200
    assert texts(room) == []


@pytest.mark.django_db
@PROVIDERS
def test_a_failure_makes_the_provider_try_again(
    webhooks: Client, invited: Original, room: Any, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(receiving, "all_rooms", unavailable)
        assert provider(webhooks, invited, "Yes") == 500
    assert provider(webhooks, invited, "Yes") == 200
    assert texts(room) == ["Yes"]


@pytest.mark.django_db
def test_mails_for_the_host_itself_are_left_alone(
    webhooks: Client, invited: Original, room: Any, settings: Any
) -> None:
    assert postmark(webhooks, invited._replace(reply_to="sales@chat.example"), "Hi") == 200
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": ""}
    assert postmark(webhooks, invited, "Hi") == 200
    assert texts(room) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "wants"), [("HardBounce", False), ("Transient", True)])
def test_the_receiver_of_the_guide_stops_mails_that_bounce(
    webhooks: Client, addresses: People, kind: str, wants: bool
) -> None:
    guide = (ROOT / "docs" / "guides" / "mail.md").read_text("utf-8")
    (code,) = re.findall(r":caption: shop/bounces.py\n(.*?)```", guide, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    bounce = {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": "smtp;550 5.1.1 No such user",
        "Email": "Juwon@example.com",
        "BouncedAt": "2026-11-30T04:30:00Z",
    }
    try:
        answer = webhooks.post(
            "/anymail/postmark/tracking/", json.dumps(bounce), "application/json", headers=signed_in()
        )
    finally:
        tracking.disconnect(names["stop_mails"])
    assert answer.status_code == 200
    assert notification_settings(addresses.juwon).wants("mail") is wants


INSTALLED = """
import sys, django
from django.conf import settings
from tests.settings import default
names = {name: getattr(default, name) for name in dir(default) if name.isupper()}
names["INSTALLED_APPS"] = [*names["INSTALLED_APPS"], *sys.argv[1:]]
settings.configure(**names)
django.setup()
imported = "anymail" in sys.modules
from anymail.signals import inbound
from asgiref.sync import sync_to_async
print(imported, len(inbound.receivers))
"""


@pytest.mark.parametrize(("apps", "expected"), [([], "False 0\n"), (["anymail"], "True 1\n")])
def test_the_receiver_is_connected_where_anymail_is_installed(apps: list[str], expected: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INSTALLED, *apps], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.stdout, ran.returncode) == (expected, 0), ran.stderr


# Live


@pytest.fixture
async def sockets(transactional_db: None, people: People) -> AsyncIterator[Sockets]:
    opened = Sockets()
    yield opened
    await opened.disconnect()
    await asyncio.to_thread(stop_live_threads)


async def test_a_reply_is_live_on_the_open_page_of_the_peer(
    sockets: Sockets, addresses: People, room: Any, settings: Any
) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = {**settings.PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": REPLY_ADDRESS}
    page = await sockets(addresses.minji)
    to = await sync_to_async(reply_address)(addresses.juwon, room)
    await sync_to_async(receiving.receive_reply)(mails.plain(SOMEBODY._replace(reply_to=to), TEXT))
    event = await page.event("message")
    assert event["message"]["content"] == TEXT
    assert event["message"]["sender"] == str(addresses.juwon.pk)
