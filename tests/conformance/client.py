"""A small client of `pairchat.v1`, written from the protocol page alone: people, sockets, HTTP twins."""

import itertools
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

Frame = dict[str, Any]
T = TypeVar("T")

SUBPROTOCOL = "pairchat.v1"
DEADLINE_SECONDS = 10.0
# A whole minute's budget of sends may have been spent by the test before.
PATIENCE_SECONDS = 150.0


class Refused(AssertionError):
    """An `error` came where `ok` was due."""

    def __init__(self, request: Frame, answer: Frame) -> None:
        super().__init__(f"{_shortened(request)} was answered {answer}")
        self.answer = answer


class Closed(AssertionError):
    """The server closed the connection although more was expected of it."""


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}… ({len(text)} characters)"


def new_client_id() -> str:
    return str(uuid.uuid4())


def encode(value: object) -> str:
    """Pure ASCII JSON, so that lone surrogates and NUL travel as escapes."""
    return json.dumps(value, ensure_ascii=True)


class Requester:
    """Common to a socket and the HTTP endpoints: a request has one answer."""

    def request(self, type: str, /, **fields: Any) -> Frame:
        """The answer, whatever it is, after waiting out `rate_limited` for as long as the server says."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        answer = self.ask_once(type, **fields)
        while answer.get("code") == "rate_limited" and time.monotonic() < give_up:
            time.sleep(answer["retry_after"])
            answer = self.ask_once(type, **fields)
        return answer

    def ask_once(self, type: str, /, **fields: Any) -> Frame:
        raise NotImplementedError

    def do(self, type: str, /, **fields: Any) -> Frame:
        """The answer of a request that must succeed."""
        answer = self.request(type, **fields)
        if answer["type"] == "error":
            raise Refused({"type": type, **fields}, answer)
        return answer

    def refused(self, code: str, type: str, /, **fields: Any) -> Frame:
        """The error of a request that must fail with `code`."""
        answer = self.request(type, **fields)
        asked = _shortened({"type": type, **fields})
        assert answer.get("code") == code, f"{asked} was answered {_shortened(answer)}, not {code}"
        assert answer["message"], f"{asked}: an error without words"
        return answer

    def send(self, room: str, content: str | None = None, **fields: Any) -> Frame:
        """Sends a text, a unique one by default, and returns its message."""
        client_id = fields.pop("client_id", None) or new_client_id()
        text = f"hello {client_id}" if content is None else content
        message: Frame = self.do("send", room=room, client_id=client_id, content=text, **fields)["message"]
        return message

    def newest(self, room: str, limit: int = 1) -> list[Frame]:
        messages: list[Frame] = self.do("history", room=room, limit=limit)["messages"]
        return messages

    def position(self, room: str) -> Frame:
        page = self.do("history", room=room, limit=1)
        return {"epoch": page["epoch"], "rev": page["rev"]}

    def room_object(self, room: str) -> Frame:
        """The room as this person sees it, asked for in a way that changes nothing."""
        entry: Frame = self.do("sync", rooms={room: self.position(room)})["rooms"][0]
        return {name: value for name, value in entry.items() if name not in ("changes", "limited", "reset")}

    def inbox_rooms(self, **fields: Any) -> list[Frame]:
        """All rooms of the inbox, page by page."""
        rooms: list[Frame] = []
        before: Frame = {}
        while True:
            page = self.do("inbox", limit=100, **fields, **before)
            rooms += page["rooms"]
            if page["next"] is None:
                return rooms
            before = {"before": page["next"]}


@dataclass(frozen=True)
class Site:
    """Where the server under test lives."""

    url: str
    ws_path: str
    mount: str
    login_path: str
    logout_path: str
    topics_path: str

    @property
    def ws_url(self) -> str:
        return re.sub("^http", "ws", self.url) + self.ws_path

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def browser(self) -> httpx.Client:
        """An HTTP client without a session that behaves as a browser on this site does."""
        return httpx.Client(
            base_url=self.url,
            headers={"Accept-Language": "en", "Referer": f"{self.url}/"},
            timeout=DEADLINE_SECONDS * 3,
        )


class Person(Requester):
    """One signed-in user. Asking this object a request goes over the HTTP twins."""

    user: str

    def __init__(self, site: Site, username: str, password: str) -> None:
        self.site = site
        self.username = username
        self.http = site.browser()
        self._log_in(password)
        with self.connect() as socket:
            self.user = socket.user

    def _log_in(self, password: str) -> None:
        form = self.http.get(self.site.login_path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        assert found, f"{self.site.login_path} shows no form of Django's (status {form.status_code})"
        answer = self.http.post(
            self.site.login_path,
            data={"csrfmiddlewaretoken": found[1], "username": self.username, "password": password},
        )
        assert answer.is_redirect, f"{self.username} could not log in (status {answer.status_code})"

    def log_out(self) -> None:
        answer = self.http.post(self.site.logout_path, headers=self.csrf_headers)
        assert answer.status_code in (200, 302), f"logging out answered {answer.status_code}"

    def close(self) -> None:
        self.http.close()

    @property
    def csrf_headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies["csrftoken"]}

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.http.cookies)

    def connect(self, **options: Any) -> "Socket":
        return Socket.open(self.site, cookies=self.cookies, **options)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Frame | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One HTTP twin, as it answers."""
        headers = {**(headers or {}), **({} if method in ("GET", "HEAD") else self.csrf_headers)}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body if isinstance(body, bytes) else encode(body).encode()
        return self.http.request(
            method, f"{self.site.mount}api/{path}", headers=headers, content=content, params=params
        )

    def ask_once(self, type: str, /, **fields: Any) -> Frame:
        method, path, body, params = twin(type, fields)
        response = self.call(method, path, body, params)
        kind = "ok" if response.is_success else "error"
        return {"type": kind, "status": response.status_code, **response.json()}

    def open_room(self, user: object, **fields: Any) -> httpx.Response:
        return self.call("POST", "rooms/", {"user": user, **fields})


def twin(type: str, fields: Frame) -> tuple[str, str, Frame | None, Frame | None]:
    """Method, path, body and query of a request's HTTP twin."""
    rest = dict(fields)
    if type in ("sync", "inbox", "search"):
        method = "POST" if type == "sync" else "GET"
        return (method, f"{type}/", rest, None) if type == "sync" else (method, f"{type}/", None, _query(rest))
    room = f"rooms/{quote(rest.pop('room'), safe='')}/"
    if type == "history":
        return "GET", f"{room}messages/", None, _query(rest)
    if type == "send":
        return "POST", f"{room}messages/", rest, None
    if type == "settings":
        return "PATCH", room, rest, None
    if type in ("read", "report"):
        return "POST", f"{room}{type}/", rest, None
    message = f"{room}messages/{rest.pop('seq')}/"
    if type == "edit":
        return "PATCH", message, rest, None
    if type == "delete":
        return "DELETE", message, None, None
    if type == "react" and rest.get("emoji", "") is None:
        return "DELETE", f"{message}reaction/", None, None
    if type == "react":
        return "PUT", f"{message}reaction/", rest, None
    raise LookupError(f"{type} has no HTTP twin")


def _query(fields: Frame) -> Frame:
    return {name: int(value) if isinstance(value, bool) else value for name, value in fields.items()}


class Socket(Requester):
    """One connection: requests go out, answers are matched by id, events are kept in the order they came."""

    hello: Frame | None = None
    bye: Frame | None = None
    close_code: int | None = None

    def __init__(self, site: Site, **options: Any) -> None:
        self._open = ExitStack()
        self.connection = self._open.enter_context(connect(site.ws_url, **options))
        self._ids = itertools.count(1)
        self._answers: list[tuple[Frame, str]] = []
        self.events: list[Frame] = []

    @classmethod
    def open(
        cls,
        site: Site,
        *,
        cookies: dict[str, str] | None = None,
        origin: str | None = "own",
        subprotocols: list[str] | None = None,
        greeted: bool = True,
    ) -> Self:
        """Connects as a page of the site does; `greeted` waits for the server's `hello`."""
        headers = {"Accept-Language": "en"}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if origin is not None:
            headers["Origin"] = site.url if origin == "own" else origin
        socket = cls(
            site,
            subprotocols=[SUBPROTOCOL] if subprotocols is None else (subprotocols or None),
            additional_headers=headers,
            compression=None,
            max_size=None,
            max_queue=None,
            close_timeout=DEADLINE_SECONDS,
        )
        if greeted:
            with socket._closing_on_failure():
                socket.receive_until(lambda: socket.hello, "a hello")
        return socket

    @contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    @property
    def user(self) -> str:
        assert self.hello is not None
        user: str = self.hello["user"]
        return user

    @property
    def limits(self) -> dict[str, int]:
        assert self.hello is not None
        limits: dict[str, int] = self.hello["limits"]
        return limits

    @property
    def features(self) -> list[str]:
        assert self.hello is not None
        features: list[str] = self.hello["features"]
        return features

    # Out

    def put(self, type: str, /, **fields: Any) -> int:
        """Sends a request without waiting for its answer."""
        request_id = next(self._ids)
        self.put_raw(encode({"type": type, "id": request_id, **fields}))
        return request_id

    def put_raw(self, data: Any) -> None:
        try:
            self.connection.send(data)
        except ConnectionClosed as closed:
            self._note_close(closed)

    # In

    def receive(self, deadline: float) -> None:
        """Takes one frame off the wire and files it."""
        try:
            text = self.connection.recv(timeout=max(0.0, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            self._note_close(closed)
        assert isinstance(text, str), "the server sent a binary frame"
        frame = json.loads(text)
        assert isinstance(frame, dict), f"the server sent {_shortened(frame)}"
        match frame.get("type"):
            case "hello":
                self.hello = frame
            case "event":
                self.events.append(frame)
            case "bye":
                self.bye = frame
            case "ok" | "error" | "pong":
                self._answers.append((frame, text))

    def receive_until(self, found: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
        """Receives until `found` gives something, or fails at the deadline."""
        deadline = time.monotonic() + seconds
        while (result := found()) is None:
            try:
                self.receive(deadline)
            except TimeoutError:
                raise AssertionError(f"{what} did not come within {seconds:g} s") from None
        return result

    def _note_close(self, closed: ConnectionClosed) -> NoReturn:
        self.close_code = closed.rcvd.code if closed.rcvd else 1006
        raise Closed(f"closed with {self.close_code} after {self.bye}") from closed

    def _take_answer(self, request_id: object) -> tuple[Frame, str] | None:
        for index, (frame, _) in enumerate(self._answers):
            if type(frame.get("id")) is type(request_id) and frame.get("id") == request_id:
                return self._answers.pop(index)
        return None

    def answer(self, request_id: object) -> Frame:
        return self.receive_until(lambda: self._take_answer(request_id), f"the answer to {request_id!r}")[0]

    def raw_answer(self, request_id: object) -> str:
        return self.receive_until(lambda: self._take_answer(request_id), f"the answer to {request_id!r}")[1]

    def any_answer(self, seconds: float = DEADLINE_SECONDS) -> Frame:
        """The next answer, whatever its id: for frames that the server may not have been able to read."""
        return self.receive_until(lambda: self._answers.pop(0) if self._answers else None, "an answer", seconds)[0]

    def ask_once(self, type: str, /, **fields: Any) -> Frame:
        return self.answer(self.put(type, **fields))

    def ask_raw(self, data: Any) -> Frame:
        self.put_raw(data)
        return self.any_answer()

    def ping(self, **fields: Any) -> Frame:
        pong = self.do("ping", **fields)
        assert pong["type"] == "pong", pong
        return pong

    def stray_answers(self) -> list[Frame]:
        """Answers to nothing that was asked and waited for."""
        return [frame for frame, _ in self._answers]

    # Events

    def forget_events(self) -> None:
        """Starts afresh with what has come so far."""
        self.ping()
        self.events.clear()

    def event(self, kind: str, **fields: Any) -> Frame:
        """The first event of this kind whose fields have these values, waiting for it if need be."""
        wanted = {"kind": kind, **fields}

        def found() -> Frame | None:
            return next((e for e in self.events if all(e.get(k) == v for k, v in wanted.items())), None)

        return self.receive_until(found, f"the event {wanted}")

    def message_event(self, message: Frame) -> Frame:
        """The event that tells of this very state of a message."""

        def found() -> Frame | None:
            return next((e for e in self.events if e["kind"] == "message" and e["message"] == message), None)

        return self.receive_until(found, f"the event of {_shortened(message)}")

    def room_event(self, room: str, holds: Callable[[Frame], bool]) -> Frame:
        """The first `room` event about this room whose object satisfies `holds`."""

        def found() -> Frame | None:
            rooms = (e["room"] for e in self.events if e["kind"] == "room")
            return next((r for r in rooms if r["room"] == room and holds(r)), None)

        return self.receive_until(found, f"the room event of {room}")

    # The end

    def wait_until_closed(self, seconds: float = DEADLINE_SECONDS) -> int:
        """The close code with which the server ends the connection."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.receive(deadline)
        except Closed:
            assert self.close_code is not None
            return self.close_code
        except TimeoutError:
            raise AssertionError(f"the server did not close within {seconds:g} s") from None
