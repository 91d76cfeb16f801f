"""A bare relay: what arrives on one socket of a path goes to all of them. No database, no accounts, no answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

rooms: defaultdict[str, list[Any]] = defaultdict(list)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    room = rooms[scope["path"]]
    room.append(send)
    try:
        while (event := await receive())["type"] == "websocket.receive":
            for send_to in list(room):
                await send_to({"type": "websocket.send", "text": event["text"]})
    finally:
        room.remove(send)
