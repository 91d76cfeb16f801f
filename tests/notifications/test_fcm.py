"""The guide's notifier for an app, word for word, with fcm-django, against a stand-in for Firebase's server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fcm_django", reason="fcm-django is in a group of its own: it brings 40 packages")

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "notifications.md"
TAKEN = (200, {"name": "projects/chat/messages/1"})
UNREGISTERED = (
    404,
    {
        "error": {
            "status": "NOT_FOUND",
            "message": "Requested entity was not found.",
            "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}],
        }
    },
)
TOO_MANY = (429, {"error": {"status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded."}})

SITE = """
import sys, firebase_admin, google.auth.credentials
from django.conf import settings
from tests.settings import default

names = {name: getattr(default, name) for name in dir(default) if name.isupper()}
names["INSTALLED_APPS"] = [*names["INSTALLED_APPS"], "fcm_django"]
names["PAIRCHAT_NOTIFICATIONS"] = {
    "SITE_URL": "https://chat.example", "NOTIFIERS": ["app_push.AppNotifier"], "ON_BY_DEFAULT": ["app"],
}
settings.configure(**names)

import django
django.setup()

class Nobody(firebase_admin.credentials.Base):
    def get_credential(self):
        return google.auth.credentials.AnonymousCredentials()

firebase_admin.initialize_app(Nobody(), {"projectId": "chat"})
firebase_admin.messaging._MessagingService.FCM_URL = sys.argv[1] + "/v1/projects/{0}/messages:send"

from django.core.management import call_command
from fcm_django.models import FCMDevice
from django_pairchat.notifications.models import SweepProgress
from django_pairchat.notifications.services import sweep
from django_pairchat.services import open_room
from tests.notifications.conftest import ago, write
from tests.support.people import make_user

call_command("migrate", verbosity=0)
sweep()
SweepProgress.objects.update(since=ago(60), seen_until=ago(60))
minji, juwon, sora = make_user("Minji"), make_user("Juwon"), make_user("Sora")
for token in ("phone", "tablet"):
    FCMDevice.objects.create(user=juwon, registration_id=token, type="android")
# Sora has no device.
for reader in (juwon, sora):
    write(open_room(minji, reader), minji)
result = sweep()
active = sorted(FCMDevice.objects.filter(active=True).values_list("registration_id", flat=True))
print(result.told, result.refused, result.failed, *active)
"""


class Firebase:
    """Answers each token as it is told to, and keeps the messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}


@pytest.fixture
def firebase() -> Iterator[tuple[Firebase, str]]:
    firebase = Firebase()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"]
            firebase.messages.append(message)
            status, answer = firebase.answers.get(message["token"], TAKEN)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server calls it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield firebase, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def swept(tmp_path: Path, url: str) -> str:
    """Run one sweep of a site with the notifier of the guide, and return what it says about it."""
    (code,) = re.findall(r":caption: shop/app_push\.py\n\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "app_push.py").write_text(code, "utf-8")
    path = os.pathsep.join([str(tmp_path), str(ROOT), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", SITE, url]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_every_device_of_a_person_gets_a_message(tmp_path: Path, firebase: tuple[Firebase, str]) -> None:
    served, url = firebase
    assert swept(tmp_path, url) == "1 0 0 phone tablet"
    assert sorted(message["token"] for message in served.messages) == ["phone", "tablet"]
    (first, _) = served.messages
    assert first["notification"]["title"] == "Minji"
    assert first["data"]["room"] == first["android"]["notification"]["tag"]


def test_a_device_that_is_gone_is_not_asked_again(tmp_path: Path, firebase: tuple[Firebase, str]) -> None:
    served, url = firebase
    served.answers = {"tablet": UNREGISTERED}
    assert swept(tmp_path, url) == "1 0 0 phone"


def test_a_person_whose_devices_are_gone_is_given_up(tmp_path: Path, firebase: tuple[Firebase, str]) -> None:
    served, url = firebase
    served.answers = {"phone": UNREGISTERED, "tablet": UNREGISTERED}
    assert swept(tmp_path, url) == "0 1 0"


def test_a_quota_that_is_used_up_is_waited_for(tmp_path: Path, firebase: tuple[Firebase, str]) -> None:
    served, url = firebase
    served.answers = {"phone": TOO_MANY, "tablet": TOO_MANY}
    assert swept(tmp_path, url) == "0 0 1 phone tablet"
