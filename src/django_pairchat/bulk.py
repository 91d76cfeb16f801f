"""Many rows in one statement, in the way that costs each database and its driver least."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, models

Row = Mapping[str, Any]


class _Table:
    """A model's table and some of its columns, named by the model's attributes (``room_id``, not ``room``)."""

    def __init__(self, model: type[models.Model], attributes: Sequence[str], using: str) -> None:
        self.connection = connections[using]
        self.quote = self.connection.ops.quote_name
        by_attribute = {field.attname: field for field in model._meta.concrete_fields}
        self.name = self.quote(model._meta.db_table)
        self.attributes = attributes
        self.fields = [by_attribute[attribute] for attribute in attributes]
        self.columns = [str(field.column) for field in self.fields]
        self.names = [self.quote(column) for column in self.columns]
        self.holes = ", ".join(["%s"] * len(self.names))

    def values_of(self, row: Row) -> list[Any]:
        return [
            field.get_db_prep_save(row[attribute], connection=self.connection)
            for attribute, field in zip(self.attributes, self.fields, strict=True)
        ]

    def as_json(self, rows: Sequence[Row]) -> str:
        # psycopg takes longer to find thousands of placeholders than PostgreSQL to do the work.
        names = list(zip(self.columns, self.attributes, strict=True))
        records = [{column: row[attribute] for column, attribute in names} for row in rows]
        return json.dumps(records, ensure_ascii=False, separators=(",", ":"), default=str)

    def execute(self, sql: str, parameters: Sequence[Any]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)

    def execute_for_each(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(sql, parameters)


def insert(model: type[models.Model], rows: Sequence[Row], constants: Mapping[str, str], using: str) -> None:
    """Insert rows without a model instance each; ``constants`` are SQL literals for columns equal in all of them."""
    table = _Table(model, list(rows[0]), using)
    names = ", ".join([*table.names, *map(table.quote, constants)])
    literals = "".join(f", {literal}" for literal in constants.values())
    into = f"INSERT INTO {table.name} ({names})"
    if table.connection.vendor == "postgresql":
        chosen = ", ".join(f"fresh.{name}" for name in table.names)
        records = f"json_populate_recordset(NULL::{table.name}, %s) AS fresh"
        table.execute(f"{into} SELECT {chosen}{literals} FROM {records}", [table.as_json(rows)])
    else:
        table.execute_for_each(f"{into} VALUES ({table.holes}{literals})", [table.values_of(row) for row in rows])


def update(model: type[models.Model], rows: Sequence[Row], using: str) -> None:
    """Write all the given columns of rows that exist; the first attribute of each row is the key."""
    table = _Table(model, list(rows[0]), using)
    key, *names = table.names
    vendor = table.connection.vendor
    if vendor == "postgresql":
        changes = ", ".join(f"{name} = fresh.{name}" for name in names)
        records = f"json_populate_recordset(NULL::{table.name}, %s) AS fresh"
        sql = f"UPDATE {table.name} SET {changes} FROM {records} WHERE {table.name}.{key} = fresh.{key}"
        table.execute(sql, [table.as_json(rows)])
    elif vendor == "mysql":
        first = ", ".join(f"%s AS {name}" for name in table.names)
        fresh = f"(SELECT {first}{f' UNION ALL SELECT {table.holes}' * (len(rows) - 1)}) AS fresh"
        changes = ", ".join(f"{table.name}.{name} = fresh.{name}" for name in names)
        sql = f"UPDATE {table.name} JOIN {fresh} ON {table.name}.{key} = fresh.{key} SET {changes}"
        table.execute(sql, [value for row in rows for value in table.values_of(row)])
    else:
        changes = ", ".join(f"{name} = %s" for name in names)
        values = [table.values_of(row) for row in rows]
        sql = f"UPDATE {table.name} SET {changes} WHERE {key} = %s"
        table.execute_for_each(sql, [[*changed, key_value] for key_value, *changed in values])
