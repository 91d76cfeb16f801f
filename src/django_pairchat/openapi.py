"""The OpenAPI document of the HTTP endpoints as this site serves them, alone or within the document of its own API."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http.request import HttpHeaders
from django.urls import get_script_prefix, reverse

from .authentication import accepts_sessions, get_authentications, takes_headers
from .conf import conf

Document = dict[str, Any]

FILE: Final = Path(__file__).parent / "protocol" / "openapi.json"
"""The same document for any site. ``tests/tools/openapi.py`` writes it."""
PREFIX: Final = "Pairchat"
"""The beginning of the names of components within a document of the host's."""
OF_SESSIONS: Final = frozenset({"session", "csrf"})


def document() -> Document:
    """Return the document, an OpenAPI 3.1 one, with this site's address, limits and ways to sign in.

    Raises ``NoReverseMatch`` if the app's URLs are not mounted.
    """
    found: Document = json.loads(FILE.read_text("utf-8"))
    found["servers"] = [{"url": _mount().rstrip("/") or "/"}]
    schemes = dict(_schemes())
    found["components"]["securitySchemes"] = schemes
    if not takes_headers():
        found["paths"] = {path: each for path, each in found["paths"].items() if not _is_for_headers(each)}
    for operation in _operations(found):
        operation["security"] = list(_security(operation, schemes))
        rate = conf.rates[operation["x-rate"]["kind"]]
        if rate is None:
            del operation["x-rate"]
        else:
            operation["x-rate"] |= {"per_minute": rate.per_minute, "at_once": rate.burst}
    return found


def merge_into(other: Document) -> Document:
    """Return an OpenAPI document, 3.0 or 3.1, with the paths and components of the chat's endpoints added to it.

    The names of components begin with ``Pairchat``, those of operations with ``pairchat_``. For the document of
    django-ninja: override ``get_openapi_schema()`` of your ``NinjaAPI``. Raises ``NoReverseMatch`` if the app's URLs
    are not mounted.
    """
    return _merged(other, _mount())


def drf_spectacular_hook(result: Document, **kwargs: Any) -> Document:
    """Add the chat's endpoints to the document of drf-spectacular: a hook for its ``POSTPROCESSING_HOOKS``."""
    # Its addresses begin below the prefix under which the project is mounted.
    return _merged(result, "/" + _mount().removeprefix(get_script_prefix()))


def _merged(other: Document, mount: str) -> Document:
    found = _renamed(document())
    if str(other.get("openapi", "")).startswith("3.0"):
        found = _changed(found, _as_in_3_0)
    for operation in _operations(found):
        operation["operationId"] = f"pairchat_{operation['operationId']}"
    merged = {**other, "paths": dict(other.get("paths") or {}), "components": dict(other.get("components") or {})}
    merged["paths"] |= {mount.rstrip("/") + path: each for path, each in found["paths"].items()}
    for kind, components in found["components"].items():
        named = {PREFIX + name: each for name, each in components.items()}
        merged["components"][kind] = {**(merged["components"].get(kind) or {}), **named}
    # Some generators return a kind of dictionary of their own.
    result = copy.copy(other)
    result.update(merged)
    return result


def _mount() -> str:
    return reverse("pairchat:api_inbox").removesuffix("api/inbox/")


def _operations(found: Document) -> Iterator[dict[str, Any]]:
    return (operation for path in found["paths"].values() for operation in path.values())


def _is_for_headers(path: dict[str, Any]) -> bool:
    """Return whether a session cannot use this path."""
    return not any(OF_SESSIONS & each.keys() for operation in path.values() for each in operation["security"])


def _schemes() -> Iterator[tuple[str, Document]]:
    if accepts_sessions():
        header = HttpHeaders.parse_header_name(settings.CSRF_HEADER_NAME) or "X-CSRFToken"
        yield "session", {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
        yield "csrf", {"type": "apiKey", "in": "header", "name": header}
    for method in get_authentications():
        challenge = method.challenge() or ""
        if challenge.lower().startswith("bearer"):
            yield "bearer", {"type": "http", "scheme": "bearer"}
            continue
        for name in ("Authorization",) if challenge else method.headers:
            yield name.lower().replace("-", "_"), {"type": "apiKey", "in": "header", "name": name}


def _security(operation: dict[str, Any], schemes: Document) -> Iterator[dict[str, list[str]]]:
    for each in operation["security"]:
        if OF_SESSIONS & each.keys() and schemes.keys() >= OF_SESSIONS:
            yield each
    for name in schemes:
        if name not in OF_SESSIONS:
            yield {name: []}


def _renamed(found: Document) -> Document:
    def rename(node: dict[str, Any]) -> dict[str, Any]:
        if isinstance(node.get("$ref"), str):
            start, kind, name = node["$ref"].split("/", 3)[1:]
            return {"$ref": f"#/{start}/{kind}/{PREFIX}{name}"}
        if isinstance(node.get("security"), list):
            return {**node, "security": [{PREFIX + name: each[name] for name in each} for each in node["security"]]}
        return node

    renamed: Document = _changed(found, rename)
    return renamed


def _changed(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a copy in which each object is changed, the outer ones first."""
    if isinstance(node, dict):
        return {name: _changed(each, change) for name, each in change(node).items()}
    if isinstance(node, list):
        return [_changed(each, change) for each in node]
    return node


def _as_in_3_0(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what OpenAPI 3.0 knows for it: ``nullable`` in place of the type null, among others."""
    found = dict(schema)
    if isinstance(found.get("type"), list):
        [found["type"]] = [kind for kind in found["type"] if kind != "null"]
        found["nullable"] = True
    if isinstance(found.get("oneOf"), list) and {"type": "null"} in found["oneOf"]:
        found["allOf"] = [each for each in found.pop("oneOf") if each != {"type": "null"}]
        found["nullable"] = True
    if "contentMediaType" in found:
        del found["contentMediaType"]
        found["format"] = "binary"
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if "exclusiveMinimum" in found:
        found["minimum"], found["exclusiveMinimum"] = found["exclusiveMinimum"], True
    return found
