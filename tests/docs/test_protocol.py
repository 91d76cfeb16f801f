"""``docs/reference/asyncapi.yaml`` and ``protocol.md`` say what the code does: no more, no less."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
import yaml
from django.contrib.auth import get_user_model
from django.urls import get_resolver
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from django_pairchat import exceptions, services
from django_pairchat.dispatch import FEATURES, HANDLERS, dispatch, features
from django_pairchat.protocol import emoji, frames, requests
from django_pairchat.protocol.close_codes import CloseCode, may_reconnect
from django_pairchat.protocol.errors import HTTP_STATUS, ChatError, ErrorCode
from django_pairchat.web import api

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
WORDS = (REFERENCE / "protocol.md").read_text("utf-8")
FRONT_ENDS = (REFERENCE.parent / "guides" / "front-ends.md").read_text("utf-8")
DOCUMENT: dict[str, Any] = yaml.safe_load((REFERENCE / "asyncapi.yaml").read_text("utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
WHERE = "urn:pairchat"
# With those of the apps that these tests have installed.
OVER_SOCKETS = {**requests.REQUESTS, **requests.ADDED}


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document, the outer ones first."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from parts(child)


def resolve(ref: str) -> Any:
    node: Any = DOCUMENT
    for step in ref.removeprefix("#/").split("/"):
        node = node[step]
    return node


def strict_document() -> dict[str, Any]:
    """The document, with every object closed: a field that it does not name is an error."""
    closed = copy.deepcopy(DOCUMENT)
    for part in parts(closed):
        if isinstance(part.get("properties"), dict) and part.get("type") == "object":
            part["additionalProperties"] = False
    return closed


@pytest.fixture(scope="module")
def registry() -> Registry[Any]:
    return Registry().with_resource(WHERE, DRAFT202012.create_resource(strict_document()))


def property_names(name: str) -> set[str]:
    return set(MESSAGES[name]["payload"]["properties"]) - {"type", "id"}


def requests_described() -> dict[str, dict[str, Any]]:
    """The operations by which the server receives something."""
    return {name: operation for name, operation in DOCUMENT["operations"].items() if operation["action"] == "receive"}


# The document itself


def test_it_is_an_asyncapi_3_document_whose_references_lead_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for part in parts(DOCUMENT):
        if "$ref" in part:
            assert resolve(part["$ref"]), part["$ref"]


def test_every_message_is_in_the_channel_and_in_an_operation() -> None:
    in_channel = {entry["$ref"].rpartition("/")[2] for entry in DOCUMENT["channels"]["socket"]["messages"].values()}
    assert in_channel == set(MESSAGES)
    used = {
        entry["$ref"].rpartition("/")[2]
        for operation in DOCUMENT["operations"].values()
        for entry in [*operation["messages"], *operation.get("reply", {}).get("messages", [])]
    }
    assert used == set(MESSAGES)


@pytest.mark.parametrize("name", [*MESSAGES, *SCHEMAS])
def test_each_schema_is_one(name: str) -> None:
    schema = MESSAGES[name]["payload"] if name in MESSAGES else SCHEMAS[name]
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(schema)


# Names and figures


def test_the_request_types_are_those_of_the_code() -> None:
    assert set(requests_described()) == set(OVER_SOCKETS)
    for name in OVER_SOCKETS:
        assert MESSAGES[name]["payload"]["properties"]["type"] == {"const": name}


@pytest.mark.parametrize("frame", re.findall(r'^\{"type": .*\}$', FRONT_ENDS, re.MULTILINE))
def test_the_frames_of_the_page_for_front_ends_are_requests(frame: str) -> None:
    values = json.loads(frame)
    requests.parse(values)
    assert set(values) - {"type", "id"} <= property_names(values["type"])


@pytest.mark.parametrize("kind", OVER_SOCKETS.values(), ids=lambda kind: kind.type)
def test_the_fields_of_a_request_are_those_of_the_code(kind: type[requests.Request]) -> None:
    known = {item.name: item for item in fields(kind) if "check" in item.metadata}
    expected = {*known, *kind.changeable}
    assert property_names(kind.type) == expected
    required = {name for name, item in known.items() if item.default is MISSING}
    assert set(MESSAGES[kind.type]["payload"]["required"]) - {"type", "id"} == required


def test_the_event_kinds_are_those_of_the_code() -> None:
    described = {name.removesuffix("Event") for name in MESSAGES if name.endswith("Event")}
    assert described == {name.removesuffix("_event") for name in vars(frames) if name.endswith("_event")}
    for kind in described:
        assert MESSAGES[f"{kind}Event"]["payload"]["properties"]["kind"] == {"const": kind}


def test_the_error_codes_and_their_statuses_are_those_of_the_code() -> None:
    assert SCHEMAS["ErrorCode"]["enum"] == [str(code) for code in ErrorCode]
    assert SCHEMAS["ErrorCode"]["x-http-status"] == {str(code): status for code, status in HTTP_STATUS.items()}


def test_the_close_codes_are_those_of_the_code() -> None:
    assert SCHEMAS["CloseCode"]["enum"] == [int(code) for code in CloseCode]
    assert SCHEMAS["CloseCode"]["x-reconnect"] == [int(code) for code in CloseCode if may_reconnect(code)]


def test_the_features_are_those_of_the_code() -> None:
    assert MESSAGES["hello"]["payload"]["properties"]["features"]["items"]["enum"] == list(features())


def test_the_figures_are_those_of_the_code() -> None:
    hello = MESSAGES["hello"]["payload"]["properties"]
    limits = {name: schema["const"] for name, schema in hello["limits"]["properties"].items()}
    assert limits == frames.limits()
    assert hello["heartbeat"]["const"] == frames.HEARTBEAT_SECONDS
    assert hello["protocol"]["const"] == frames.PROTOCOL
    assert DOCUMENT["info"]["version"] == frames.SUBPROTOCOL
    number, text = SCHEMAS["RequestId"]["oneOf"]
    assert (number["maximum"], text["maxLength"]) == (requests.INTEGER_ID_LIMIT, requests.REQUEST_ID_LIMIT)
    assert SCHEMAS["Key"]["maxLength"] == requests.KEY_LIMIT
    assert SCHEMAS["Seq"]["maximum"] == requests.SEQ_LIMIT
    given = {name: MESSAGES[name]["payload"]["properties"] for name in ("search", "report", "react", "sync", "ping")}
    assert given["search"]["query"]["maxLength"] == requests.QUERY_LIMIT
    assert given["report"]["reason"]["maxLength"] == requests.REASON_LIMIT
    assert given["react"]["emoji"]["maxLength"] == emoji.LENGTH_LIMIT
    assert given["sync"]["rooms"]["maxProperties"] == requests.SYNC_ROOMS_LIMIT
    assert given["ping"]["rooms"]["maxProperties"] == requests.SYNC_ROOMS_LIMIT


@pytest.mark.parametrize("name", ["history", "inbox", "search", "stars"])
def test_the_page_sizes_are_those_of_the_code(name: str) -> None:
    default = next(item.default for item in fields(requests.REQUESTS[name]) if item.name == "limit")
    assert MESSAGES[name]["payload"]["properties"]["limit"]["default"] == default


# The same in words


def table_under(heading: str) -> list[list[str]]:
    section = WORDS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_the_page_has_every_request_type() -> None:
    section = WORDS.split("\n## Requests\n", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^### `(\w+)`$", section, re.MULTILINE)) == set(OVER_SOCKETS)


def test_the_page_has_every_event_kind() -> None:
    section = WORDS.split("\n### Events\n", 1)[1].split("\n## ", 1)[0]
    described = {name.removesuffix("Event") for name in MESSAGES if name.endswith("Event")}
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) - {"kind"} == described


def test_the_page_has_every_error_code_with_its_status() -> None:
    rows = {row[0].strip("`"): int(row[1]) for row in table_under("Errors") if row[1].isdigit()}
    assert rows == {str(code): status for code, status in HTTP_STATUS.items()}


def test_the_page_has_every_close_code_and_says_whether_to_come_back() -> None:
    rows = {int(row[0]): row[2] != "no" for row in table_under("Close codes") if row[0].isdigit()}
    assert rows == {int(code): may_reconnect(code) for code in CloseCode}


def test_the_page_has_every_endpoint_with_its_request() -> None:
    described = {
        (match[1], match[2], re.findall(r"\w+", row[1])[0])
        for row in table_under("HTTP endpoints")
        if (match := re.fullmatch(r"`(\w+) (api/\S*)`", row[0]))
    }
    routed = {
        (route.method, "api/" + re.sub(r"{(\w+)}", r"<\1>", route.path), kind.type)
        for kind in requests.ALL_REQUESTS
        for route in kind.routes
    }
    assert described == routed | {
        ("POST", "api/files/", "addresses"),
        ("POST", "api/ticket/", "a"),
        ("POST", "api/uploads/", "an"),
    }


OTHERS = {"files/", "ticket/", "uploads/"}
"""Endpoints that are no request of the socket."""


def test_every_route_is_served_and_no_other() -> None:
    served = {re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)) for pattern in api.urlpatterns}
    assert served == {route.path for kind in requests.ALL_REQUESTS for route in kind.routes} | OTHERS


def test_every_request_has_a_handler() -> None:
    # The presence of a connection is not of a transport's: the socket itself handles ``focus``.
    assert set(HANDLERS) == set(requests.ALL_REQUESTS) - {requests.Focus}


def test_the_page_and_the_socket_agree_on_the_features() -> None:
    hello = next(json.loads(block) for block in re.findall(r"```json\n(.*?)```", WORDS, re.DOTALL) if "hello" in block)
    assert hello["features"] == list(FEATURES)


# What the code really sends


def assert_described(registry: Registry[Any], name: str, frame: str) -> None:
    schema = {"$ref": f"{WHERE}#/components/messages/{name}/payload"}
    validator = jsonschema.Draft202012Validator(
        schema, registry=registry, format_checker=jsonschema.FormatChecker(["uuid"])
    )
    validator.validate(json.loads(frame))


@pytest.fixture
def people(db: None) -> tuple[Any, Any]:
    users = get_user_model()._default_manager
    return users.create(username="minji"), users.create(username="juwon")


@pytest.fixture
def room(people: tuple[Any, Any]) -> Any:
    """A room with a reaction, a reply, an edited and a deleted message."""
    minji, juwon = people
    opened = services.open_room(minji, juwon)
    key = str(opened.pk)
    for number in range(1, 4):
        services.send(opened, minji, f"message {number}")
    services.send(opened, juwon, "an answer", reply_to=1)
    services.send(opened, None, "a note", kind="system", data={"order": 7})
    services.react(juwon, key, 1, "👍")
    services.edit(minji, key, 2, "another text")
    services.delete(minji, key, 3)
    return opened


REQUEST_EXAMPLES: dict[str, dict[str, Any]] = {
    "send": {"client_id": str(uuid4()), "content": "hello", "reply_to": 1},
    "edit": {"seq": 1, "content": "other words"},
    "delete": {"seq": 1},
    "react": {"seq": 1, "emoji": "❤️"},
    "read": {"seq": 3},
    "delivered": {"seq": 3},
    "history": {"around": 3, "limit": 10},
    "sync": {"rooms": {}},
    "inbox": {"limit": 1},
    "settings": {"muted_until": "2030-01-01T00:00:00.000Z", "archived": True},
    "search": {"query": "message", "limit": 1},
    "star": {"seq": 1, "on": True},
    "stars": {"limit": 1},
    "report": {"seq": 1, "reason": "spam"},
    "notifications": {},
    "change_notifications": {"channels": {"mail": False}, "quiet": {"from": "22:00", "until": "07:30"}},
    "ping": {"rooms": {}, "inbox": "never"},
}
ANSWERED_BY_THE_SOCKET_ITSELF = {"typing", "focus"}
ANSWERED_BY = {
    name: next(
        entry["$ref"].rpartition("/")[2]
        for entry in operation["reply"]["messages"]
        if not entry["$ref"].endswith("/error")
    )
    for name, operation in requests_described().items()
    if name not in ANSWERED_BY_THE_SOCKET_ITSELF
}


def test_every_request_with_a_result_is_tried_below() -> None:
    assert set(REQUEST_EXAMPLES) == set(ANSWERED_BY)


@pytest.mark.parametrize("name", ANSWERED_BY)
def test_a_request_and_its_answer_are_as_described(
    name: str, registry: Registry[Any], people: tuple[Any, Any], room: Any
) -> None:
    asked = {"type": name, "id": 1, **REQUEST_EXAMPLES[name]}
    if "room" in property_names(name):
        asked["room"] = str(room.pk)
    if "rooms" in property_names(name):
        position = {"epoch": room.epoch, "rev": 0, **({"state": "x"} if name == "ping" else {})}
        asked["rooms"] = {str(room.pk): position}
    assert_described(registry, name, json.dumps(asked))
    result = dispatch(people[0], requests.parse(asked)).result
    frame = frames.pong(1, result) if name == "ping" else frames.ok(1, result)
    assert_described(registry, ANSWERED_BY[name], frame)


@pytest.mark.django_db
def test_the_servers_own_frames_are_as_described(registry: Registry[Any], people: tuple[Any, Any], room: Any) -> None:
    now = datetime.now(UTC)
    assert_described(registry, "hello", frames.hello(user="1", connection="c", features=features(), server_time=now))
    refusal = ChatError(code=ErrorCode.RATE_LIMITED, field="content", retry_after=1.5, ref="abc")
    assert_described(registry, "error", frames.error(None, refusal, exceptions.error_text(refusal)))
    for code in CloseCode:
        assert_described(registry, "bye", frames.bye(code, "", retry_after=5))
    message = services.history(people[0], str(room.pk)).messages[0]
    encoded = frames.encode(services.message_object(message))
    assert_described(registry, "messageEvent", frames.message_event(str(room.pk), room.epoch, encoded))
    assert_described(registry, "roomEvent", frames.room_event(services.room_object(room, people[0])))
    for shown in (services.room_object(room, people[0]), None):
        assert_described(registry, "focusOk", frames.ok(1, {"room": shown}))
    assert_described(registry, "typingEvent", frames.typing_event("5", "1", True))
    assert_described(registry, "resyncEvent", frames.resync_event())
    assert_described(registry, "starEvent", frames.star_event("5", 1, True))
    for last_active in (now, None):
        assert_described(registry, "presenceEvent", frames.presence_event("5", "1", True, last_active))


def test_the_endpoints_are_mounted_below_api() -> None:
    names = {str(name) for name in get_resolver("django_pairchat.urls").reverse_dict if isinstance(name, str)}
    assert {pattern.name for pattern in api.urlpatterns} <= names
