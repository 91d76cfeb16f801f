"""Writes ``docs/reference/openapi.yaml``, and the same for the package: ``python tests/tools/openapi.py``.

What a request holds and what it is answered comes from ``asyncapi.yaml``, which tests compare with the code; addresses,
errors and limits come from the code. Only what no socket has is described here.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import yaml

from django_pairchat.conf import DEFAULT_RATES, DEFAULTS, TICKET, UPLOAD
from django_pairchat.protocol import requests
from django_pairchat.protocol.errors import HTTP_STATUS, ErrorCode
from django_pairchat.protocol.frames import SUBPROTOCOL

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
YAML = REFERENCE / "openapi.yaml"
JSON = ROOT / "src" / "django_pairchat" / "protocol" / "openapi.json"
HEADING = (
    "# Written by tests/tools/openapi.py from asyncapi.yaml and the code. In words: protocol.md, beside this file.\n"
)

ASYNCAPI: dict[str, Any] = yaml.safe_load((REFERENCE / "asyncapi.yaml").read_text("utf-8"))
SCHEMAS: dict[str, Any] = ASYNCAPI["components"]["schemas"]
SCHEMAS_OF_SOCKETS = {"CloseCode", "NotificationSettings", "OptionalHours", "RequestId"}
OF_FRAMES = {"type", "id"}
OF_WRITES = {ErrorCode.CANNOT_SEND, ErrorCode.SUSPENDED}
OPERATIONS_OF_ONE_REQUEST = {("react", "DELETE"): "remove_reaction", ("star", "DELETE"): "remove_star"}
CREATES = {"send", "open"}

KEY = {"$ref": "#/components/schemas/Key"}
PLACE = {
    "type": "object",
    "required": ["room", "seq"],
    "properties": {"room": KEY, "seq": {"type": "integer", "minimum": 1, "maximum": requests.ADDRESS_SEQ_LIMIT}},
}
OPEN = {
    "type": "object",
    "required": ["user"],
    "properties": {
        "user": KEY,
        "topic": {"type": ["string", "null"], "description": "A token that the server signed for this peer."},
    },
}
EXPIRES_IN = {"type": "integer", "description": "Seconds."}
OTHERS: dict[str, dict[str, Any]] = {
    "uploads/": {
        "id": "upload",
        "bucket": UPLOAD,
        "summary": "Store a file for a message.",
        "content": "multipart/form-data",
        "body": {
            "type": "object",
            "required": ["room", "file"],
            "properties": {
                "room": KEY,
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                "voice": {"$ref": "#/components/schemas/Voice"},
            },
        },
        "answer": {
            "type": "object",
            "required": ["upload", "attachment"],
            "properties": {
                "upload": {"type": "string", "description": "The token for a send."},
                "attachment": {"$ref": "#/components/schemas/Attachment"},
            },
        },
        "codes": {ErrorCode.NOT_FOUND, ErrorCode.DAILY_LIMIT, *OF_WRITES},
    },
    "ticket/": {
        "id": "ticket",
        "bucket": TICKET,
        "summary": "A ticket, with which a page of another origin opens one socket.",
        "answer": {
            "type": "object",
            "required": ["ticket", "expires_in"],
            "properties": {"ticket": {"type": "string"}, "expires_in": EXPIRES_IN},
        },
    },
    "files/": {
        "id": "files",
        "bucket": TICKET,
        "summary": "Addresses of files, for elements that send no header.",
        "content": "application/json",
        "body": {
            "type": "object",
            "required": ["files"],
            "properties": {
                "files": {"type": "array", "minItems": 1, "maxItems": requests.PAGE_LIMIT, "items": PLACE},
            },
        },
        "answer": {
            "type": "object",
            "required": ["files", "expires_in"],
            "properties": {
                "files": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["room", "seq", "url", "thumbnail"],
                        "properties": {
                            **PLACE["properties"],
                            "url": {"type": ["string", "null"]},
                            "thumbnail": {"type": ["string", "null"]},
                        },
                    },
                },
                "expires_in": EXPIRES_IN,
            },
        },
    },
}
"""Endpoints that are no request of the socket."""

ALWAYS = {ErrorCode.BAD_REQUEST, ErrorCode.UNAUTHENTICATED, ErrorCode.RATE_LIMITED, ErrorCode.BUSY, ErrorCode.ERROR}
WITH_A_BODY = {ErrorCode.BAD_FRAME, ErrorCode.TOO_LARGE}
WITH_A_ROOM = {ErrorCode.BAD_ID, ErrorCode.NOT_FOUND}
OF_TEXTS = {ErrorCode.BAD_TEXT, ErrorCode.EMPTY, ErrorCode.TOO_LONG, ErrorCode.REJECTED, *OF_WRITES}
OF_REQUESTS: dict[str, set[ErrorCode]] = {
    "send": OF_TEXTS | {ErrorCode.CONFLICT, ErrorCode.DAILY_LIMIT, ErrorCode.HELD},
    "edit": OF_TEXTS,
    "delete": {ErrorCode.CANNOT_SEND},
    "react": OF_WRITES | {ErrorCode.REJECTED},
    "open": WITH_A_ROOM | {ErrorCode.SUSPENDED},
    "inbox": WITH_A_ROOM,
    "search": {ErrorCode.BAD_ID, ErrorCode.BAD_TEXT, ErrorCode.NOT_FOUND},
    "report": {ErrorCode.BAD_TEXT},
}


def schema_of(message: str) -> dict[str, Any]:
    """What a frame holds beside its type and id."""
    payload = copy.deepcopy(ASYNCAPI["components"]["messages"][message]["payload"])
    return without(payload, OF_FRAMES)


def without(schema: dict[str, Any], names: set[str]) -> dict[str, Any]:
    properties = {name: each for name, each in schema["properties"].items() if name not in names}
    required = [name for name in schema.get("required", ()) if name not in names]
    rest = {name: each for name, each in schema.items() if name not in {"required", "properties"}}
    # OpenAPI 3.0 knows no empty list there.
    return {**rest, **({"required": required} if required else {}), "properties": properties}


def answer_of(kind: str) -> str:
    """The name of what a request is answered."""
    if kind == "open":
        return "roomOk"
    replies = ASYNCAPI["operations"][kind]["reply"]["messages"]
    return str(replies[0]["$ref"].rpartition("/")[2])


def named(name: str, schema: dict[str, Any], bodies: dict[str, Any]) -> dict[str, Any]:
    """A reference to a schema, which gets its place in the document."""
    name = name[0].upper() + name[1:]
    if bodies.setdefault(name, schema) != schema:
        raise ValueError(f"Two schemas are named {name}.")
    return {"$ref": f"#/components/schemas/{name}"}


def in_a_query(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that cannot be null there."""
    if "$ref" in schema:
        found = SCHEMAS[schema["$ref"].rpartition("/")[2]]
        return in_a_query(found) if has_null(found) else schema
    if "oneOf" in schema:
        [value] = [each for each in schema["oneOf"] if each != {"type": "null"}]
        return dict(value)
    if isinstance(schema.get("type"), list):
        [kind] = [each for each in schema["type"] if each != "null"]
        return {**schema, "type": kind}
    return schema


def has_null(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("oneOf", []) or "null" in schema.get("type", "")


def parameter(name: str, place: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def responses(answer: dict[str, Any], statuses: dict[str, str], codes: set[ErrorCode]) -> dict[str, Any]:
    found: dict[str, Any] = {
        status: {"description": told, "content": {"application/json": {"schema": answer}}}
        for status, told in statuses.items()
    }
    for status in sorted({HTTP_STATUS[code] for code in codes}):
        names = ", ".join(str(code) for code in ErrorCode if code in codes and HTTP_STATUS[code] == status)
        found[str(status)] = {
            "description": names,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        if status in {429, 503}:
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
        if status == 401:
            found[str(status)]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def limit(bucket: str) -> dict[str, Any]:
    per_minute, burst = DEFAULT_RATES.get(bucket, (DEFAULTS["SENDS_PER_MINUTE"], DEFAULTS["SEND_BURST"]))
    return {"kind": bucket, "per_minute": per_minute, "at_once": burst}


def operation(name: str, summary: str, bucket: str, codes: set[ErrorCode], method: str) -> dict[str, Any]:
    needs_csrf = method != "GET"
    proofs: list[dict[str, Any]] = [{"session": [], "csrf": []} if needs_csrf else {"session": []}]
    return {
        "operationId": name,
        "tags": ["chat"],
        "summary": summary,
        "security": [*([] if name in {"ticket", "files"} else proofs), {"bearer": []}, {"session_token": []}],
        "x-rate": limit(bucket),
        "parameters": [{"$ref": "#/components/parameters/User"}],
        "_codes": codes | ALWAYS | ({ErrorCode.CSRF} if needs_csrf else set()),
    }


def twin(kind: type[requests.Request], route: requests.Route, bodies: dict[str, Any]) -> dict[str, Any]:
    name = OPERATIONS_OF_ONE_REQUEST.get((kind.type, route.method), kind.type)
    in_path = set(re.findall(r"{(\w+)}", route.path))
    fields = OPEN if kind is requests.Open else schema_of(kind.type)
    summaries = {"open": "Open a room, or find the one that is there.", "remove_reaction": "Take one's reaction back."}
    summaries["remove_star"] = "Take one's star back."
    summary = summaries.get(name) or ASYNCAPI["operations"][kind.type]["summary"]
    codes = OF_REQUESTS.get(kind.type, set()) | (WITH_A_ROOM if in_path else set())
    described = operation(name, summary, kind.bucket or kind.type, codes, route.method)
    if in_path:
        described["parameters"] += [
            parameter(each, "path", fields["properties"][each], required=True) for each in sorted(in_path)
        ]
    rest = without(fields, in_path)
    if route.method == "GET":
        described["parameters"] += [
            parameter(each, "query", in_a_query(schema), each in rest.get("required", ()))
            for each, schema in rest["properties"].items()
        ]
    elif route.given is None:
        described["requestBody"] = in_a_body("application/json", named(kind.type, rest, bodies))
        described["_codes"] |= WITH_A_BODY
    statuses = {"200": "Done."}
    if kind.type in CREATES:
        statuses = {"200": "It was there already.", "201": "It is new."}
    answer = answer_of(kind.type)
    return finished(described, named(answer, schema_of(answer), bodies), statuses)


def in_a_body(content: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {content: {"schema": schema}}}


def other(described: dict[str, Any], bodies: dict[str, Any]) -> dict[str, Any]:
    found = operation(described["id"], described["summary"], described["bucket"], described.get("codes", set()), "POST")
    if "body" in described:
        found["requestBody"] = in_a_body(described["content"], named(described["id"], described["body"], bodies))
        found["_codes"] |= WITH_A_BODY | {ErrorCode.BAD_ID, ErrorCode.UNSUPPORTED}
    return finished(found, named(f"{described['id']}Ok", described["answer"], bodies), {"201": "Made."})


def finished(described: dict[str, Any], answer: dict[str, Any], statuses: dict[str, str]) -> dict[str, Any]:
    codes = described.pop("_codes")
    return {**described, "responses": responses(answer, statuses, codes)}


def document() -> dict[str, Any]:
    """The whole of it."""
    paths: dict[str, dict[str, Any]] = {}
    bodies: dict[str, Any] = {}
    for kind in requests.ALL_REQUESTS:
        for route in kind.routes:
            paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = twin(kind, route, bodies)
    for path, described in OTHERS.items():
        paths[f"/api/{path}"] = {"post": other(described, bodies)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "django-pairchat",
            "version": SUBPROTOCOL,
            "description": "The HTTP endpoints of one-to-one chat. Objects may get further fields in minor versions; "
            "clients ignore what they do not know.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "https://chat.example.com/chat", "description": "Where a host includes the URLs."}],
        "tags": [{"name": "chat"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "session_token": {"type": "apiKey", "in": "header", "name": "X-Session-Token"},
            },
            "parameters": {
                "User": {
                    "name": "X-Pairchat-User",
                    "in": "header",
                    "required": False,
                    "description": "The key of the user for whom the request is meant, percent-encoded. If it comes "
                    "from another user, nothing is done, and the answer is unauthenticated.",
                    "schema": {"type": "string"},
                }
            },
            "schemas": {
                **{name: schema for name, schema in SCHEMAS.items() if name not in SCHEMAS_OF_SOCKETS},
                "Error": schema_of("error"),
                **bodies,
            },
        },
    }


class Dumper(yaml.SafeDumper):
    """Repeats what is there twice, instead of anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(found: dict[str, Any]) -> str:
    return HEADING + yaml.dump(found, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    YAML.write_text(as_yaml(document()), "utf-8")
    JSON.write_text(as_json(document()), "utf-8")
