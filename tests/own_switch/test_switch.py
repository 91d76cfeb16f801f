"""A project with conversations in the shipped tables gets tables of its own, and loses nothing."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.docs.page import Reader, outside_of_any_environment
from tests.settings.databases import database

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECIPE = (HERE / "recipe.md").read_text("utf-8")
GUIDE = (ROOT / "docs" / "guides" / "models.md").read_text("utf-8")

MANAGE = """
import os
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line()
"""
SETTINGS = """
import json, os
SECRET_KEY = "only for tests"
DATABASES = {"default": json.loads(os.environ["SWITCH_DATABASE"])}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django_pairchat",
    "django_pairchat.default",
    "desk",
]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
# A row of the host that points at a message.
DESK = """
from django.db import models

class Flag(models.Model):
    message = models.ForeignKey("pairchat.Message", on_delete=models.CASCADE)
"""
DESK_MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("pairchat", "0001_initial")]
    operations = [
        migrations.CreateModel("Flag", [
            ("id", models.BigAutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")),
            ("message", models.ForeignKey("pairchat.Message", models.CASCADE)),
        ])
    ]
"""
START = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
"""
FILL = """
call_command("migrate", verbosity=0)
from datetime import UTC, datetime
from django.contrib.auth.models import Group, User
from django_pairchat.services import change_settings, delete, edit, mark_read, open_room, react, send

minji, juwon, sora = (User.objects.create_user(name, first_name=name) for name in ("minji", "juwon", "sora"))
topic = Group.objects.create(name="Lost: red wallet")
about_it, plain = open_room(juwon, minji, topic), open_room(minji, juwon)
for number in range(1, 31):
    send(about_it, minji if number % 3 else juwon, f"number {number} 안녕 😀", reply_to=number - 1 or None)
key = str(about_it.pk)
edit(minji, key, 1, "changed")
delete(juwon, key, 3)
react(juwon, key, 2, "👍")
mark_read(juwon, key, 17)
change_settings(minji, key, cleared=4, muted_until=datetime(2030, 1, 2, tzinfo=UTC))
send(plain, minji, "3 000", kind="offer", data={"price": 3000})
change_settings(juwon, str(open_room(juwon, sora).pk), blocked=True)
gone = User.objects.create_user("gone")
send(open_room(gone, minji), gone, "good bye")
gone.delete()

from desk.models import Flag
from django_pairchat.default.models import Message
Flag.objects.create(message=Message.objects.get(room=about_it, seq=20))
"""
LOOK = """
import json
from django.contrib.auth.models import User
from django_pairchat.services import history, inbox, message_object, room_objects

def view_of(user):
    rooms = [room for archived in (False, True) for room in inbox(user, archived=archived, limit=100).rooms]
    return [
        {**shown, "messages": list(map(message_object, history(user, shown["room"], limit=100).messages))}
        for shown in room_objects(rooms, user)
    ]

print("VIEW " + json.dumps({user.username: view_of(user) for user in User.objects.order_by("pk")}), flush=True)
"""
USE = """
call_command("makemigrations", check=True, verbosity=0)
call_command("check", fail_level="ERROR")
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django_pairchat import get_message_model, get_room_model
from django_pairchat.services import inbox, open_room, send

minji, juwon = User.objects.get(username="minji"), User.objects.get(username="juwon")
plain = open_room(minji, juwon)
message = send(plain, juwon, "sold", fields={"mood": "merry"})
message.refresh_from_db()
assert (message.seq, message.mood) == (2, "merry"), message.__dict__
assert open_room(minji, User.objects.get(username="sora"), fields={"price": 7}).price == 7
for twin in (get_room_model().objects.get(pk=plain.pk), get_message_model().objects.get(pk=message.pk)):
    twin.pk = None if isinstance(twin.pk, int) else type(twin.pk)(int=1)
    try:
        with transaction.atomic():
            twin.save(force_insert=True)
    except IntegrityError:
        continue
    raise AssertionError(f"{twin!r} could be stored twice")
"""


STILL_FLAGGED = """
from desk.models import Flag
assert Flag.objects.get().message.seq == 20
"""


@pytest.fixture
def own_database(tmp_path: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """A database of this test's own, of the kind that the run is for."""
    described = database()
    del described["TEST"]
    if connection.vendor == "sqlite":
        yield {**described, "NAME": str(tmp_path / "switch.sqlite3")}
        return
    name = f"pairchat_switch_{uuid4().hex[:12]}"
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield {**described, "NAME": name}
        cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture
def host(tmp_path: Path, own_database: dict[str, Any]) -> Reader:
    """Somebody in the folder of a project whose conversations are in the shipped tables."""
    environment = outside_of_any_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["SWITCH_DATABASE"] = json.dumps(own_database)
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    reader = Reader(tmp_path / "shop", environment)
    for path, text in (
        ("manage.py", MANAGE),
        ("settings.py", SETTINGS),
        ("desk/__init__.py", ""),
        ("desk/models.py", DESK),
        ("desk/migrations/__init__.py", ""),
        ("desk/migrations/0001_initial.py", DESK_MIGRATION),
        ("before.py", START + FILL + LOOK),
        ("after.py", START + LOOK + USE),
    ):
        reader.write(path, text, whole_file=True)
    return reader


def view_from(host: Reader, script: str) -> dict[str, Any]:
    """What each of the people sees, as the script prints it."""
    printed = host.run(f"python {script}")
    found: dict[str, Any] = json.loads(re.findall(r"^VIEW (.*)$", printed, re.MULTILINE)[-1])
    assert sum(len(room["messages"]) for room in found["juwon"]) > 30
    return found


def test_an_app_of_the_host_takes_over_the_tables(host: Reader) -> None:
    before = view_from(host, "before.py")
    host.follow(RECIPE)
    host.write("after.py", STILL_FLAGGED, whole_file=False)
    assert view_from(host, "after.py") == before


def code_of_the_guide() -> list[str]:
    """The blocks of Python under the heading, without the indent of the list they are in."""
    section = GUIDE.split("\n## Switching later\n", 1)[1].split("\n## ", 1)[0]
    found = re.findall(
        r"^( *)```(?:\{code-block\} )?python\n(?: *:[^\n]*\n\n)?(.*?)^\1```$", section, re.MULTILINE | re.DOTALL
    )
    return [dedent(text) for _, text in found]


MODELS = """
import uuid
from django.db import models
from django_pairchat.base_models import AbstractMessage, AbstractRoom

class Room(AbstractRoom):
    {key}
    price = models.PositiveIntegerField(null=True, blank=True)
    class Meta(AbstractRoom.Meta):
        pass

class Message(AbstractMessage):
    {key}
    mood = models.CharField(max_length=20, blank=True, default="")
    class Meta(AbstractMessage.Meta):
        pass
"""
UUID_KEY = "id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)"
WITHOUT_THE_SHIPPED = """
INSTALLED_APPS.remove("django_pairchat.default")
SILENCED_SYSTEM_CHECKS = []
"""


def without_keys(found: dict[str, Any]) -> list[Any]:
    """The same view, with nothing in it that a room's new key changes."""
    bare = []
    for user, rooms in found.items():
        for room in rooms:
            messages = [{**message, "room": None} for message in (*room["messages"], room["last_message"] or {})]
            bare.append((user, {**room, "room": None, "messages": messages, "last_message": None}))
    return bare


@pytest.mark.parametrize("key", ["", UUID_KEY], ids=["integers", "UUIDs"])
def test_the_conversations_are_copied_as_the_guide_says(host: Reader, key: str) -> None:
    both_installed, command, with_new_keys = code_of_the_guide()
    before = view_from(host, "before.py")
    host.run("python manage.py migrate desk zero")
    host.write("settings.py", 'INSTALLED_APPS.remove("desk")', whole_file=False)
    host.write("conversations/__init__.py", "", whole_file=True)
    host.write("conversations/models.py", MODELS.format(key=key), whole_file=True)
    host.write(
        "settings.py",
        both_installed.replace('"django_pairchat", "django_pairchat.default", ', ""),
        whole_file=False,
    )
    if key:
        command = command.replace("target(**row) for row", "new(target, row) for row") + with_new_keys
    host.write("conversations/management/commands/move_conversations.py", command, whole_file=True)
    for named in ("makemigrations conversations", "migrate", "move_conversations", "migrate pairchat zero"):
        host.run(f"python manage.py {named}")
    host.write("settings.py", WITHOUT_THE_SHIPPED, whole_file=False)
    after = view_from(host, "after.py")
    assert without_keys(after) == without_keys(before)
    if not key:
        assert after == before
