"""The filled board, people signed in to it, and a way to read the forms of a page."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoDbBlocker

if os.environ.get("DJANGO_SETTINGS_MODULE") != "board_site.settings":
    collect_ignore_glob = ["test_*.py"]

PASSWORD = "pairchat-demo"
SignIn = Callable[[str], Client]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Every test begins with the board as `fill_demo` leaves it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock():
        call_command("fill_demo", verbosity=0)


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """Signs a demonstration account in, through the form that a person uses."""

    def sign_in(username: str) -> Client:
        client = Client()
        answer = client.post("/accounts/login/", {"username": username, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return sign_in


@dataclass
class Form:
    """One form of a page: where it goes, and the fields it sends."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
        elif tag in {"input", "button", "textarea"} and self.forms and "name" in values:
            self.forms[-1].fields[values["name"]] = values.get("value", "")
            self.forms[-1].types[values["name"]] = values.get("type", tag)


FormsOf = Callable[[str], list[Form]]


@pytest.fixture
def forms_of() -> FormsOf:
    """Reads the forms of a page."""

    def read(html: str) -> list[Form]:
        reader = FormReader()
        reader.feed(html)
        return reader.forms

    return read
