"""A statement that takes too long is given up, and nothing else changes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from django_pairchat.utils.statement_timeout import StatementTimeout, statement_timeout

ENDLESS = {
    "postgresql": "SELECT pg_sleep(20)",
    "mysql": "SELECT COUNT(*) FROM seq_1_to_1000000 one, seq_1_to_1000000 two",
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n",
}


def ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def give_up() -> None:
    with pytest.raises(StatementTimeout), statement_timeout(0.1, "default"):
        ask(ENDLESS[connection.vendor])


@pytest.mark.django_db(transaction=True)
def test_an_endless_statement_ends_and_its_connection_is_as_good_as_before() -> None:
    began = time.monotonic()
    give_up()
    assert time.monotonic() - began < 10
    assert ask("SELECT 7") == 7


@pytest.mark.django_db
def test_it_ends_within_a_transaction_which_goes_on() -> None:
    with transaction.atomic():
        give_up()
        assert ask("SELECT 7") == 7


@pytest.mark.django_db
def test_what_comes_after_in_the_same_transaction_is_not_limited() -> None:
    with transaction.atomic():
        with statement_timeout(0.1, "default"):
            assert ask("SELECT 7") == 7
        if connection.vendor == "postgresql":
            assert ask("SHOW statement_timeout") == "0"
        else:
            ask({"mysql": "SELECT SLEEP(0.3)", "sqlite": _long_enough()}[connection.vendor])


def _long_enough() -> str:
    return "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 2000000) SELECT COUNT(*) FROM n"


@pytest.mark.django_db
def test_any_other_error_is_what_it_was() -> None:
    with pytest.raises(OperationalError), statement_timeout(5, "default"):
        raise OperationalError("The server went away.")
