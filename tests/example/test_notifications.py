"""A message to a person who is away leads to a mail in the folder of mails, whose links lead to the chat."""

from __future__ import annotations

import email
import email.policy
import re
import sys
from datetime import timedelta
from email.message import EmailMessage
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.notifications.models import RoomNotice
from django_pairchat.notifications.services import notification_settings
from django_pairchat.services import open_room, send

from .conftest import SignIn


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The folder of mails. The test runner of Django would keep them in memory."""
    backend = "django.core.mail.backends.filebased.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(tmp_path)}}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = backend, tmp_path
    return tmp_path


@pytest.fixture
def whole_mail(folder: Path, db: None) -> EmailMessage:
    """The mail that Juwon gets about a message of Minji's."""
    call_command("pairchat_notify", verbosity=0)
    minji, juwon = (User.objects.get(username=name) for name in ("minji", "juwon"))
    room = open_room(minji, juwon)
    message = send(room, minji, "Is it still there?")
    get_room_model().objects.filter(pk=room.pk).update(last_message_at=timezone.now() - timedelta(seconds=59))
    call_command("pairchat_notify", verbosity=0)
    assert list(folder.iterdir()) == []
    get_message_model().objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(seconds=61))
    RoomNotice.objects.filter(user=juwon).update(due_at=timezone.now())
    call_command("pairchat_notify", verbosity=0)
    (file,) = folder.iterdir()
    found = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert found["To"] == "juwon@example.com"
    return found


@pytest.fixture
def mail(whole_mail: EmailMessage) -> str:
    """Its text."""
    body = whole_mail.get_body(["plain"])
    assert body is not None
    return str(body.get_content())


def paths(text: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+)", text)


def test_the_mail_leads_to_the_chat_and_to_the_settings(mail: str, sign_in: SignIn) -> None:
    room, settings, _unsubscribe = paths(mail)
    client = sign_in("juwon")
    assert "Is it still there?" in client.get(room).content.decode()
    page = client.get(settings).content.decode()
    assert 'class="site-header"' in page
    assert 'name="channel_mail"' in page


def test_the_mail_unsubscribes_in_one_click(mail: str) -> None:
    unsubscribe = paths(mail)[2]
    assert Client(enforce_csrf_checks=True).post(unsubscribe).status_code == 200
    assert not notification_settings(User.objects.get(username="juwon")).wants("mail")


def test_the_mail_can_be_answered(whole_mail: EmailMessage, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    body = whole_mail.get_body(["plain"])
    assert body is not None
    room = paths(str(body.get_content()))[0]
    # As the README says.
    answer = f"From: juwon@example.com\nTo: {whole_mail['Reply-To']}\n\nYes, it is still here.\n"
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(answer.encode())))
    call_command("pairchat_receive_mail", verbosity=0)
    assert "Yes, it is still here." in sign_in("minji").get(room).content.decode()
