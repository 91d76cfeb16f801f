"""One message over the socket and over HTTP at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from asgiref.sync import sync_to_async
from django.db import connections

from django_pairchat import get_message_model
from tests.conftest import People
from tests.support.sockets import Sockets
from tests.web.api.caller import Caller


async def test_one_client_id_over_sockets_and_http_is_one_message(people: People, key: str) -> None:
    client_id = str(uuid4())
    sockets = Sockets()
    opened = [await sockets(people.minji) for _ in range(8)]
    callers = [await sync_to_async(Caller)(people.minji) for _ in range(8)]

    def over_http(caller: Caller) -> Any:
        try:
            return caller.says(key, "hello", client_id=client_id).json()
        finally:
            connections.close_all()

    results = await asyncio.gather(
        *(socket.request("send", room=key, client_id=client_id, content="hello") for socket in opened),
        *(asyncio.to_thread(over_http, caller) for caller in callers),
    )
    await sockets.disconnect()
    assert [result["message"] for result in results] == [results[0]["message"]] * 16
    assert Counter(result["duplicate"] for result in results) == {False: 1, True: 15}
    assert await get_message_model().objects.acount() == 1
