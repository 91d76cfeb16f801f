"""Somebody's requests to the HTTP twins."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse


class Caller:
    """``caller("POST", "api_messages", room, content="hello")`` gives the response."""

    # Whose page this is, where the page says so.
    meant_for: str | None = None

    def __init__(self, user: Any, **options: Any) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False, **options)
        if user is not None:
            self.client.force_login(user)

    def __call__(
        self, method: str, name: str, /, *address: Any, query: dict[str, Any] | None = None, **body: Any
    ) -> Any:
        return self.send(method, self.path(name, *address), body or None, query)

    def path(self, name: str, *address: Any) -> str:
        return reverse(f"pairchat:{name}", args=address)

    def send(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> Any:
        return self.client.generic(
            method,
            path,
            b"" if body is None else self.client._encode_json(body, "application/json"),
            content_type="application/json",
            query_params=query,
            headers=None if self.meant_for is None else {"X-Pairchat-User": self.meant_for},
        )

    def says(self, room: Any, content: str, /, **fields: Any) -> Any:
        return self("POST", "api_messages", room, **{"content": content, "client_id": str(uuid4()), **fields})
