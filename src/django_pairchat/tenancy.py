"""Tenants: sites of one process whose people must never meet, such as the schemas of django-tenants."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from django.utils.module_loading import import_string

from .conf import conf

FOLDER_DIGITS: Final = 16


class Tenancy:
    """Tells the chat what it must know of a host's tenants. Name a subclass in ``PAIRCHAT["TENANCY"]``.

    A tenant has a name, which is part of every key, group and signature, and a node of its own: no connection, queue or
    thread serves two of them. All methods are called in threads, never in an event loop.
    """

    def current(self) -> str:
        """Return the name of the tenant that the code of this thread works for."""
        raise NotImplementedError

    def of_host(self, host: str) -> str | None:
        """Return the name of the tenant to which a socket's ``Host`` leads (without port), ``None`` for none."""
        raise NotImplementedError

    def activated(self, name: str) -> AbstractContextManager[Any]:
        """Return a context in which the code of this thread works for the tenant."""
        raise NotImplementedError


class DjangoTenants(Tenancy):
    """The tenants of django-tenants, by the names of their schemas."""

    def current(self) -> str:
        """Return the schema of the default connection."""
        from django.db import connection

        return str(connection.schema_name)  # type: ignore[attr-defined]  # of the backend of django-tenants

    def of_host(self, host: str) -> str | None:
        """Return the schema of the tenant with this domain. Raises what the database raises."""
        from django_tenants.utils import get_public_schema_name, get_tenant_domain_model, remove_www, schema_context

        with schema_context(get_public_schema_name()):
            domains = get_tenant_domain_model().objects.select_related("tenant")
            found = domains.filter(domain=remove_www(host.lower())).first()
        return None if found is None else str(found.tenant.schema_name)

    def activated(self, name: str) -> AbstractContextManager[Any]:
        """Return django-tenants' own context of a schema."""
        from django_tenants.utils import schema_context

        context: AbstractContextManager[Any] = schema_context(name)
        return context


_bound: ContextVar[str | None] = ContextVar("pairchat_tenant", default=None)
"""The tenant of a task. The host's own code knows it in threads only."""


def tenancy() -> Tenancy | None:
    """Return the host's tenancy, ``None`` without tenants. Raises what importing and creating it raises."""
    return None if conf.tenancy is None else _instance(conf.tenancy)


@lru_cache(maxsize=8)
def _instance(path: str) -> Tenancy:
    made: Tenancy = import_string(path)()
    return made


def current_tenant() -> str:
    """Return the name of the tenant of the running code, ``""`` without tenants."""
    found = tenancy()
    if found is None:
        return ""
    if asyncio._get_running_loop() is None:
        return found.current()
    name = _bound.get()
    return "" if name is None else name


@contextmanager
def bound_to(name: str) -> Iterator[None]:
    """Let the tasks and callbacks that are made here work for this tenant."""
    token = _bound.set(name)
    try:
        yield
    finally:
        _bound.reset(token)


def activated(name: str) -> AbstractContextManager[Any]:
    """Return a context in which a thread works for this tenant, and for all as it was without a name."""
    found = tenancy() if name else None
    return nullcontext() if found is None else found.activated(name)


def in_this_tenant(function: Callable[[], object]) -> Callable[[], object]:
    """Return a call that works for the tenant of now, whatever is current when it is made: at the commit."""
    name = current_tenant()
    if not name:
        return function

    def call() -> object:
        with activated(name):
            return function()

    return call


def folder() -> str:
    """Return the name of a folder for the tenant's files, ``""`` without tenants."""
    name = current_tenant()
    return hashlib.sha256(name.encode()).hexdigest()[:FOLDER_DIGITS] if name else ""
