"""A room per socket, named in the URL; nobody asks who may read it."""

from __future__ import annotations

import json
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from .models import ChatMessage, ChatRoom


class TutorialConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.room = await sync_to_async(ChatRoom.objects.get)(pk=self.scope["url_route"]["kwargs"]["room_id"])
        self.group = f"room-{self.room.pk}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        for message in await sync_to_async(list)(ChatMessage.objects.filter(room=self.room)):
            sender = await sync_to_async(lambda message=message: message.sender.username)()
            await self.send(text_data=json.dumps({"message": message.content, "sender": sender}))

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        text = json.loads(text_data or "")["message"]
        sender = self.scope["user"]
        room = await sync_to_async(ChatRoom.objects.get)(pk=self.room.pk)
        await sync_to_async(ChatMessage.objects.create)(room=room, sender=sender, content=text)
        event = {"type": "chat_message", "message": text, "sender": sender.username}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"message": event["message"], "sender": event["sender"]}))
