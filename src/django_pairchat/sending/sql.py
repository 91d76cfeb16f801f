"""Statements for many rows at once, in the form that is cheapest for each database and its driver.

The SQL is compiled once and cached, because compiling takes Django longer than the database needs to execute it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.db import connections, models

from ..querysets import ROW_VERSION

Row = Mapping[str, Any]
Converter = Callable[[Any, Any, Any], Any]

KEPT_STATEMENTS: Final = 1_000
PASSED_UNCHANGED: Final = frozenset(
    {
        models.BooleanField,
        models.CharField,
        models.TextField,
        models.PositiveBigIntegerField,
        models.PositiveSmallIntegerField,
    }
)
"""These field classes (not subclasses) pass values to the driver unchanged, so ``get_db_prep_save`` is skipped. Calling
it for each value dominated the profile."""


def _as_text(value: Any) -> str:
    """Return the text of a value that msgspec does not know, such as the key of a host's own field.

    It does not know subclasses of ``str`` either, and ``str()`` may return one of them as it is.
    """
    return str.__str__(value if isinstance(value, str) else str(value))


_json = msgspec.json.Encoder(enc_hook=_as_text).encode


class _Table:
    """A model's table and some of its columns, named by the model's attributes (``room_id``, not ``room``)."""

    def __init__(self, model: type[models.Model], attributes: Sequence[str], using: str) -> None:
        self.using = using
        self.quote = connections[using].ops.quote_name
        self.vendor = connections[using].vendor
        by_attribute = {field.attname: field for field in model._meta.concrete_fields}
        self.name = self.quote(model._meta.db_table)
        self.attributes = attributes
        self.fields = [by_attribute[attribute] for attribute in attributes]
        self.columns = [str(field.column) for field in self.fields]
        self.names = [self.quote(column) for column in self.columns]
        names = zip(attributes, self.columns, strict=True)
        self._renamed = {attribute: column for attribute, column in names if attribute != column}
        self.holes = ", ".join(["%s"] * len(self.names))
        self._to_prepare = [
            (place, field) for place, field in enumerate(self.fields) if type(field) not in PASSED_UNCHANGED
        ]

    def values_of(self, row: Row) -> list[Any]:
        connection = connections[self.using]
        values = [row[attribute] for attribute in self.attributes]
        for place, field in self._to_prepare:
            values[place] = field.get_db_prep_save(values[place], connection=connection)
        return values

    def as_json(self, rows: Sequence[Row]) -> str:
        """Return the rows as a JSON array of objects with the names of the columns. Other values go along."""
        # One parameter: psycopg takes longer to find thousands of placeholders than PostgreSQL to do the work.
        return _json(self._named_by_column(rows)).decode()

    def _named_by_column(self, rows: Sequence[Row]) -> Sequence[Row]:
        if not self._renamed:
            return rows
        return [{self._renamed.get(name, name): value for name, value in row.items()} for row in rows]

    def execute(self, sql: str, parameters: Sequence[Any]) -> None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, parameters)

    def execute_for_each(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        with connections[self.using].cursor() as cursor:
            cursor.executemany(sql, parameters)


_table = lru_cache(maxsize=KEPT_STATEMENTS)(_Table)


def _fresh(table: _Table) -> str:
    return f"json_populate_recordset(NULL::{table.name}, %s) AS fresh"


@lru_cache(maxsize=KEPT_STATEMENTS)
def _insertion(table: _Table, constants: tuple[tuple[str, str], ...]) -> str:
    names = ", ".join([*table.names, *(table.quote(column) for column, _literal in constants)])
    literals = "".join(f", {literal}" for _column, literal in constants)
    into = f"INSERT INTO {table.name} ({names})"
    if table.vendor == "postgresql":
        chosen = ", ".join(f"fresh.{name}" for name in table.names)
        return f"{into} SELECT {chosen}{literals} FROM {_fresh(table)}"
    return f"{into} VALUES ({table.holes}{literals})"


@lru_cache(maxsize=KEPT_STATEMENTS)
def _change(table: _Table, count: int) -> str:
    key, *names = table.names
    if table.vendor == "postgresql":
        changes = ", ".join(f"{name} = fresh.{name}" for name in names)
        return f"UPDATE {table.name} SET {changes} FROM {_fresh(table)} WHERE {table.name}.{key} = fresh.{key}"
    if table.vendor == "mysql":
        first = ", ".join(f"%s AS {name}" for name in table.names)
        fresh = f"(SELECT {first}{f' UNION ALL SELECT {table.holes}' * (count - 1)}) AS fresh"
        changes = ", ".join(f"{table.name}.{name} = fresh.{name}" for name in names)
        return f"UPDATE {table.name} JOIN {fresh} ON {table.name}.{key} = fresh.{key} SET {changes}"
    changes = ", ".join(f"{name} = %s" for name in names)
    return f"UPDATE {table.name} SET {changes} WHERE {key} = %s"


@lru_cache(maxsize=KEPT_STATEMENTS)
def _exchange(parents: _Table, children: _Table, parent: str, constants: tuple[tuple[str, str], ...]) -> str:
    key, *names = parents.names
    table = parents.name
    changes = ", ".join(f"{name} = given.{name}" for name in names)
    return (
        f"WITH given AS MATERIALIZED (SELECT row.*, item ->> '{ROW_VERSION}' AS {ROW_VERSION}"
        f" FROM json_array_elements(%s) AS item, json_populate_record(NULL::{table}, item) AS row), "
        f"free AS (SELECT {key}, xmin::text AS {ROW_VERSION} FROM {table} WHERE {key} = ANY(%s)"
        f" ORDER BY {key} FOR NO KEY UPDATE SKIP LOCKED), "
        f"changed AS (UPDATE {table} SET {changes} FROM given JOIN free"
        f" ON free.{key} = given.{key} AND free.{ROW_VERSION} = given.{ROW_VERSION} WHERE {table}.{key} = given.{key}"
        f" RETURNING {table}.{key}, {table}.xmin::text AS {ROW_VERSION}), "
        f"stored AS ({_insertion(children, constants)} WHERE fresh.{parent} IN (SELECT {key} FROM changed)) "
        f"SELECT {key}, {ROW_VERSION} FROM changed"
    )


def supports_row_versions(using: str) -> bool:
    """Return whether :func:`update_if_unchanged` is available: on PostgreSQL, outside of any transaction."""
    connection = connections[using]
    return connection.vendor == "postgresql" and connection.get_autocommit()


def update_if_unchanged(
    parents: tuple[type[models.Model], Sequence[Row]],
    children: tuple[type[models.Model], Sequence[Row], Mapping[str, str]],
    parent: str,
    using: str,
) -> dict[str, str]:
    """Update rows whose version is unchanged and insert their child rows, in one statement and one commit.

    Each row of ``parents`` has its key first and its ``ROW_VERSION`` last. A parent that another transaction has
    changed since that version, or has locked, is skipped together with its ``children`` (model, rows, constants), which
    refer to it by ``parent``. Return the new versions of the stored parents by the text of their keys.
    """
    parent_model, parent_rows = parents
    child_model, child_rows, constants = children
    parent_table = _table(parent_model, tuple(parent_rows[0])[:-1], using)
    child_table = _table(child_model, tuple(child_rows[0]), using)
    column = str(next(field.column for field in child_table.fields if field.attname == parent))
    sql = _exchange(parent_table, child_table, child_table.quote(column), tuple(constants.items()))
    connection = connections[using]
    key = parent_table.fields[0]
    keys = [key.get_db_prep_value(row[key.attname], connection) for row in parent_rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, [parent_table.as_json(parent_rows), keys, child_table.as_json(child_rows)])
        return {str(key): version for key, version in cursor.fetchall()}


def insert(model: type[models.Model], rows: Sequence[Row], constants: Mapping[str, str], using: str) -> None:
    """Insert rows without model instances. ``constants`` are SQL literals for columns that are equal in all rows."""
    table = _table(model, tuple(rows[0]), using)
    sql = _insertion(table, tuple(constants.items()))
    if table.vendor == "postgresql":
        table.execute(sql, [table.as_json(rows)])
    else:
        table.execute_for_each(sql, [table.values_of(row) for row in rows])


def update(model: type[models.Model], rows: Sequence[Row], using: str) -> None:
    """Update all the given columns of existing rows. The first attribute of each row is the key."""
    table = _table(model, tuple(rows[0]), using)
    if table.vendor == "postgresql":
        table.execute(_change(table, 1), [table.as_json(rows)])
    elif table.vendor == "mysql":
        table.execute(_change(table, len(rows)), [value for row in rows for value in table.values_of(row)])
    else:
        values = [table.values_of(row) for row in rows]
        table.execute_for_each(_change(table, 1), [[*changed, key_value] for key_value, *changed in values])


class _CompiledQuery:
    """A query for some columns as SQL, with the converters of its results."""

    def __init__(self, rows: models.QuerySet[Any], attributes: Sequence[str]) -> None:
        compiler = rows.values_list(*attributes).query.get_compiler(using=rows.db)
        self.sql = str(compiler.as_sql()[0])
        expressions = [column for column, _sql, _alias in compiler.select]
        self._converters: Mapping[int, tuple[Sequence[Converter], Any]] = compiler.get_converters(expressions)

    def converted(self, row: Sequence[Any], connection: Any) -> list[Any]:
        values = list(row)
        for index, (converters, expression) in self._converters.items():
            for convert in converters:
                values[index] = convert(values[index], expression, connection)
        return values


_compiled: dict[tuple[Any, ...], _CompiledQuery] = {}


def read(
    ask: Callable[[], models.QuerySet[Any]],
    model: type[models.Model],
    attributes: tuple[str, ...],
    keys: Sequence[Any],
    *,
    how: str,
    using: str,
) -> list[list[Any]]:
    """Return these columns of the rows with these keys.

    ``ask`` returns the query, whose only parameters must be the keys. It is called once per model, number of keys and
    ``how``, which names the kind of the query; then the compiled SQL is reused.
    """
    connection = connections[using]
    kind = (how, model, attributes, len(keys), using)
    if kind not in _compiled:
        if len(_compiled) >= KEPT_STATEMENTS:
            _compiled.clear()
        _compiled[kind] = _CompiledQuery(ask(), attributes)
    query = _compiled[kind]
    prepare = model._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        cursor.execute(query.sql, [prepare(key, connection) for key in keys])
        return [query.converted(row, connection) for row in cursor.fetchall()]
