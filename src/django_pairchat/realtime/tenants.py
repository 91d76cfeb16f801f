"""The tenant of a connection, by the ``Host`` of its handshake."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from django.core.exceptions import DisallowedHost

from ..core.error_handling import to_chat_error
from ..node import get_node
from ..tenancy import bound_to, tenancy
from ..utils.thread_pool import proof_pool
from .sessions import handshake_request

logger = logging.getLogger("django_pairchat")

Application = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]


async def in_tenant_of_host(scope: Any, receive: Any, send: Any, connect: Application) -> None:
    """Serve a connection for the tenant to which its host leads. Refuse it before the upgrade if there is none."""
    name = await _tenant_of(scope)
    if name is None:
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    with bound_to(name):
        await connect(scope, receive, send)


async def _tenant_of(scope: Any) -> str | None:
    found = tenancy()
    if found is None:
        return ""
    try:
        host = handshake_request(scope).get_host()
        # Not in a thread of a tenant's: none is known yet.
        with get_node().of_tenant("").active(), bound_to(""):
            return await proof_pool().run(partial(found.of_host, host.partition(":")[0]))
    except DisallowedHost:
        return None
    except Exception as error:  # noqa: BLE001 - the host's code and the database may raise anything
        to_chat_error(error)
        return None
