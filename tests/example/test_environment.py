"""What the board's settings read from the environment."""

from __future__ import annotations

import pytest
from board_site import environment
from django.core.exceptions import ImproperlyConfigured


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///board.sqlite3", {"ENGINE": "django.db.backends.sqlite3", "NAME": "board.sqlite3"}),
        (
            "sqlite:////srv/board.sqlite3",
            {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/board.sqlite3"},
        ),
        (
            "postgres://ann:p%40ss@db.example:5433/board",
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "board",
                "USER": "ann",
                "PASSWORD": "p@ss",
                "HOST": "db.example",
                "PORT": "5433",
            },
        ),
        (
            "mariadb://root@127.0.0.1/board",
            {"ENGINE": "django.db.backends.mysql", "PASSWORD": "", "PORT": ""},
        ),
    ],
)
def test_a_database_address_becomes_djangos_entry(url: str, expected: dict[str, str]) -> None:
    entry = environment.database(url)
    assert {name: entry[name] for name in expected} == expected


@pytest.mark.parametrize("url", ["oracle://db/board", "postgres://db.example", "board.sqlite3", ""])
def test_an_address_that_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.database(url)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("0", False), ("", False)])
def test_a_flag_says_yes_or_no(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert environment.flag("DEBUG", default=not expected) is expected


def test_a_flag_that_is_not_set_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBUG", raising=False)
    assert environment.flag("DEBUG", default=True) is True


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "board.example, localhost,")
    assert environment.words("ALLOWED_HOSTS") == ["board.example", "localhost"]


@pytest.mark.parametrize(
    ("host", "debug", "expected"),
    [
        ("0.0.0.0", True, ["*"]),
        ("0.0.0.0", False, ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]),
        ("192.0.2.2", True, ["localhost", "127.0.0.1", "[::1]", "192.0.2.2"]),
        ("", True, ["localhost", "127.0.0.1", "[::1]"]),
    ],
)
def test_a_demonstration_answers_on_the_address_that_it_is_served_on(
    monkeypatch: pytest.MonkeyPatch, host: str, debug: bool, expected: list[str]
) -> None:
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)
    monkeypatch.setenv("HOST", host)
    assert environment.words("ALLOWED_HOSTS", default=environment.served_hosts(debug=debug)) == expected
