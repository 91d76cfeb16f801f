"""Requests over HTTP, and the headers that prove who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from .errors import Refused, SignedOut, Unanswered

Authenticate = Callable[[bool], Awaitable[Mapping[str, str] | None]]
"""Gives the headers that prove who asks. It is given whether those that it gave last were refused, and then gets new
ones. ``None``: nobody is signed in any more."""

TIMEOUT_SECONDS: Final = 20
SERVER_ERROR: Final = 500
UNAUTHENTICATED: Final = 401
# By the type of a request: its method, and its path below the API's.
TWINS: Final = {
    "inbox": ("GET", "inbox/"),
    "sync": ("POST", "sync/"),
    "search": ("GET", "search/"),
    "settings": ("PATCH", "rooms/{room}/"),
    "history": ("GET", "rooms/{room}/messages/"),
    "send": ("POST", "rooms/{room}/messages/"),
    "edit": ("PATCH", "rooms/{room}/messages/{seq}/"),
    "delete": ("DELETE", "rooms/{room}/messages/{seq}/"),
    "react": ("PUT", "rooms/{room}/messages/{seq}/reaction/"),
    "read": ("POST", "rooms/{room}/read/"),
    "delivered": ("POST", "rooms/{room}/delivered/"),
    "star": ("PUT", "rooms/{room}/messages/{seq}/star/"),
    "stars": ("GET", "stars/"),
    "report": ("POST", "rooms/{room}/report/"),
    "open": ("POST", "rooms/"),
}


class Credentials:
    """The headers that were given last, asked for once for all that need them."""

    def __init__(self, authenticate: Authenticate) -> None:
        """Take the host's function."""
        self._authenticate = authenticate
        self._held: dict[str, str] | None = None
        self._lock = asyncio.Lock()

    async def get(self, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers, or new ones in place of those that were refused.

        Raises ``SignedOut`` if there are none, and what the host's function raises.
        """
        async with self._lock:
            # Others may have been refused and got new ones meanwhile: a refresh token is often good for one use.
            if self._held is None or self._held == refused:
                given = await self._authenticate(refused is not None)
                if given is None:
                    raise SignedOut
                self._held = dict(given)
            return self._held


class Http:
    """The endpoints below one address, in the name of one person."""

    def __init__(self, base: str, credentials: Credentials, client: httpx.AsyncClient) -> None:
        """Take the address at which the site has included the URLs of the chat, with its slash."""
        self.api = f"{base}api/"
        self.origin = httpx.URL(base)
        self.user: str | None = None
        self._credentials = credentials
        self._client = client

    async def request(self, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a request of the protocol. Raises ``Refused`` and ``Unanswered``."""
        if kind not in TWINS:
            raise Unanswered(f"{kind} needs a socket, and there is none at the moment.")
        method, path = TWINS[kind]
        rest = {name: value for name, value in fields.items() if f"{{{name}}}" not in path}
        path = path.format(**{name: quote(str(value), safe="") for name, value in fields.items()})
        if (kind == "react" and rest.get("emoji") is None) or (kind == "star" and not rest.pop("on", True)):
            method = "DELETE"
        if method == "GET":
            query = {name: _in_query(value) for name, value in rest.items() if value is not None}
            return await self.ask(method, path, params=query)
        return await self.ask(method, path, json=rest if method != "DELETE" else None)

    async def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Return the body of an answer of the API. Raises ``Refused`` and ``Unanswered``."""
        answer = await self.fetch(method, self.api + path, **options)
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and isinstance(body, dict):
            return body
        if answer.status_code == UNAUTHENTICATED:
            raise SignedOut((body or {}).get("message", ""))
        if isinstance(body, dict) and "code" in body:
            raise Refused(body)
        if answer.status_code >= SERVER_ERROR:
            raise Unanswered(f"The server answered {answer.status_code}.")
        raise Refused({"code": "refused", "message": f"The server answered {answer.status_code}."})

    async def fetch(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Return an answer of any kind; a refusal of the headers is tried once with new ones. Raises ``Unanswered``."""
        url = str(self.origin.join(url))
        try:
            headers = await self._credentials.get()
            answer = await self._send(method, url, headers, options)
            if answer.status_code == UNAUTHENTICATED:
                answer = await self._send(method, url, await self._credentials.get(headers), options)
        except httpx.HTTPError as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from problem
        return answer

    async def follow(self, url: httpx.URL) -> httpx.Response:
        """Get what an answer led to. The headers that prove who asks are for the site alone. Raises ``Unanswered``."""
        if (url.scheme, url.host, url.port) == (self.origin.scheme, self.origin.host, self.origin.port):
            return await self.fetch("GET", str(url), follow_redirects=False)
        try:
            return await self._client.get(url, follow_redirects=True)
        except httpx.HTTPError as problem:
            raise Unanswered(str(problem) or type(problem).__name__) from problem

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], options: Mapping[str, Any]
    ) -> httpx.Response:
        meant_for = {"X-Pairchat-User": quote(self.user, safe="")} if self.user is not None else {}
        return await self._client.request(method, url, headers={**headers, **meant_for}, **options)


def _in_query(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
