"""``pairchat_notify``, the task of ``django.tasks``, the checks, and a project without the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import django
import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.utils.module_loading import autodiscover_modules
from django.utils.timezone import localtime

from django_pairchat.notifications.management.commands import pairchat_notify
from django_pairchat.notifications.services import SweepResult
from tests.conftest import People

from .conftest import NotedNotifier, begin_sweeping, use_mail_server, write


@pytest.mark.django_db
def test_the_command_sweeps_once_and_says_how_many_were_told(
    noted: type[NotedNotifier], people: People, room: Any
) -> None:
    begin_sweeping()
    write(room, people.minji)
    said = StringIO()
    call_command("pairchat_notify", stdout=said)
    assert (said.getvalue(), len(noted.sent)) == ("1 person told.\n", 1)


def told(*arguments: str) -> list[str]:
    """The lines that the command prints."""
    said = StringIO()
    call_command("pairchat_notify", *arguments, stdout=said)
    return said.getvalue().splitlines()


@pytest.mark.django_db
def test_it_says_who_waits_and_until_when_if_asked(noted: type[NotedNotifier], people: People, room: Any) -> None:
    begin_sweeping()
    assert told("--verbosity", "2") == ["0 people told.", "noted: 0 waiting"]
    write(room, people.minji, minutes_ago=4)
    until = localtime(room.last_message_at + timedelta(minutes=10)).isoformat(" ", "seconds")
    assert told("--verbosity", "2") == ["0 people told.", f"noted: 1 waiting, the first until {until}"]
    assert told() == ["0 people told."]


@pytest.mark.django_db
def test_forever_goes_on_after_a_failure_and_ends_with_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def failing(**options: Any) -> SweepResult:
        calls.append(options)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        if len(calls) == 1:
            raise RuntimeError("The database is away.")
        return SweepResult()

    monkeypatch.setattr(pairchat_notify, "sweep", failing)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        call_command("pairchat_notify", "--forever", "--pause", "0")
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert len(calls) == 3


@pytest.mark.django_db
@pytest.mark.skipif(django.VERSION < (6, 0), reason="django.tasks exists since Django 6.0")
def test_the_task_sweeps(noted: type[NotedNotifier], people: People, room: Any) -> None:
    from django_pairchat.notifications.tasks import notify

    begin_sweeping()
    write(room, people.minji)
    result = notify.enqueue()
    assert result.return_value == {"told": 1, "refused": 0, "failed": 0}


def ids() -> set[str]:
    return {
        str(found.id)
        for found in run_checks(tags=["pairchat_notifications"])
        if str(found.id).startswith("pairchat_notifications")
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"SITE_URL": "https://chat.example"}, set()),
        ("mail", {"E001", "E004"}),
        ({"SITE_URL": "https://chat.example", "DELAY": 5}, {"E001"}),
        ({"SITE_URL": "chat.example"}, {"E002"}),
        ({"SITE_URL": "https://chat.example", "DELAY_SECONDS": "5"}, {"E002"}),
        ({"SITE_URL": "https://chat.example", "NOTIFIERS": ["nowhere.Notifier"]}, {"E003"}),
        ({"SITE_URL": "https://chat.example", "NOTIFIERS": ["django_pairchat.policy.Policy"]}, {"E003"}),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": "reply+{token}@chat.example"}, set()),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": "{token}@답장.example"}, set()),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": "reply@chat.example"}, {"E002"}),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": "reply@{token}.example"}, {"E002"}),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": "long-names+{token}@chat.example"}, {"E002"}),
        ({"SITE_URL": "https://chat.example", "REPLY_ADDRESS": None}, {"E002"}),
        ({}, {"E004"}),
    ],
)
def test_a_mistake_in_the_settings_is_reported(settings: Any, value: Any, expected: set[str]) -> None:
    settings.PAIRCHAT_NOTIFICATIONS = value
    assert ids() == {f"pairchat_notifications.{number}" for number in expected}


def test_missing_urls_and_a_missing_timeout_are_reported(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.notifications.urls_chat_only"
    use_mail_server(settings, 25, timeout=None)
    assert ids() == {"pairchat_notifications.W001", "pairchat_notifications.W002"}


@pytest.mark.parametrize(
    ("sender", "url", "expected"),
    [
        ("chat@chat.example", "https://chat.example", set()),
        ("webmaster@localhost", "https://chat.example", {"pairchat_notifications.W004"}),
        ("Chat <chat@chat.example>", "http://127.0.0.1:8000", {"pairchat_notifications.W005"}),
        ("Chat <chat@chat.example>", "http://shop.localhost", {"pairchat_notifications.W005"}),
        ("Chat <chat@chat.example>", "http://[::1]:8000/", {"pairchat_notifications.W005"}),
    ],
)
def test_what_holds_on_ones_own_machine_only_is_told_before_a_deployment(
    settings: Any, sender: str, url: str, expected: set[str]
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    settings.PAIRCHAT_NOTIFICATIONS = {"SITE_URL": url}
    found = {each.id for each in run_checks(tags=["pairchat_notifications"], include_deployment_checks=True)}
    assert (ids(), found) == (set(), expected)
    settings.PAIRCHAT_NOTIFICATIONS = {"SITE_URL": url, "NOTIFIERS": []}
    assert not run_checks(tags=["pairchat_notifications"], include_deployment_checks=True)


WITHOUT = """
import sys, django
from django.conf import settings
from tests.settings import default
names = {name: getattr(default, name) for name in dir(default) if name.isupper()}
names["INSTALLED_APPS"] = [name for name in names["INSTALLED_APPS"] if name != "django_pairchat.notifications"]
names["ROOT_URLCONF"] = "tests.notifications.urls_chat_only"
settings.configure(**names)
django.setup()
from django.core.checks import run_checks
from django.urls import reverse
from django.utils.module_loading import autodiscover_modules
import django_pairchat.asgi, django_pairchat.admin, django_pairchat.consumers
run_checks()
print(sorted(name for name in sys.modules if name.startswith("django_pairchat.notifications")))
"""


def test_nothing_of_it_is_loaded_where_it_is_not_installed() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.stdout, ran.returncode) == ("[]\n", 0), ran.stderr
    assert apps.is_installed("django_pairchat.notifications")


def test_a_task_queue_may_look_for_tasks_on_any_django() -> None:
    autodiscover_modules("tasks")
