"""What a host's developer reads who calls a service with the wrong things."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.template import Context, Template
from django.test import RequestFactory

from django_pairchat import get_room_model
from django_pairchat.services import history, mark_read, message_object, send
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    r"not a room: use open_room": lambda room, user: send(None, user, "hello"),  # type: ignore[arg-type]  # the mistake
    r"5 to send, which is not a str": lambda room, user: send(room, user, 5),  # type: ignore[arg-type]  # the mistake
    r"A key is a str, as in a URL: str\(pk\)": lambda room, user: history(user, 5),  # type: ignore[arg-type]  # the mistake
    r"is not stored": lambda room, user: history(user, get_room_model()(pk=None)),
    r"nor its seq": lambda room, user: mark_read(user, room, "1"),  # type: ignore[arg-type]  # the mistake
    r"only together with its room": lambda room, user: message_object(1),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_service_says_what_it_wants(people: People, room: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        MISTAKES[sentence](room, people.minji)


def render(tag: str, user: Any, **values: Any) -> str:
    request = RequestFactory().get("/")
    request.user = user
    return Template("{% load pairchat %}" + tag).render(Context({"request": request, **values}))


def test_a_tag_says_what_it_wants(people: People, room: Any) -> None:
    with pytest.raises(TypeError, match="not a room: pass it"):
        render("{% pairchat_room nothing %}", people.minji)
    with pytest.raises(ValueError, match="at least 1"):
        render("{% pairchat_inbox limit=-1 %}", people.minji)


def test_a_page_in_a_test_case_names_what_is_missing(people: People) -> None:
    with pytest.raises(RuntimeError, match=r"with run_inline\(\)"):
        async_to_sync(ChatCommunicator(people.minji).connect)()


def test_a_storage_that_is_not_there_is_found_by_the_check() -> None:
    script = """
from django.conf import settings
from tests.settings import default
names = {name: getattr(default, name) for name in dir(default) if name.isupper()}
settings.configure(**{**names, "PAIRCHAT": {"STORAGE": "nowhere"}})
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""
    checked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "(pairchat.E006)" in checked.stderr
    assert "Traceback" not in checked.stderr
