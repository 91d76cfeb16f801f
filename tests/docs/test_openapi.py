"""``docs/reference/openapi.yaml`` says what the code does; the package serves the same."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest
import yaml

from django_pairchat.conf import DEFAULT_RATES, DEFAULTS
from django_pairchat.protocol import requests
from django_pairchat.protocol.errors import HTTP_STATUS, ErrorCode
from django_pairchat.web import api
from tests.tools import openapi

DOCUMENT: dict[str, Any] = yaml.safe_load(openapi.YAML.read_text("utf-8"))
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
ROUTES = {
    (route.method, f"/api/{route.path}"): (kind, route) for kind in requests.ALL_REQUESTS for route in kind.routes
}


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def test_it_is_made_of_the_sources_as_they_are() -> None:
    made = openapi.document()
    assert openapi.YAML.read_text("utf-8") == openapi.as_yaml(made), "run: python tests/tools/openapi.py"
    assert json.loads(openapi.JSON.read_text("utf-8")) == made


def test_it_has_every_endpoint_and_no_other() -> None:
    described = {path for _method, path in OPERATIONS}
    assert described == {"/api/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(each.pattern)) for each in api.urlpatterns}
    assert OPERATIONS.keys() - {("POST", path) for path in ("/api/uploads/", "/api/ticket/", "/api/files/")} == set(
        ROUTES
    )


@pytest.mark.parametrize("place", ROUTES, ids=" ".join)
def test_an_endpoint_has_the_fields_of_its_request(place: tuple[str, str]) -> None:
    operation, (kind, route) = OPERATIONS[place], ROUTES[place]
    by_address = [resolve(each) for each in operation["parameters"]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = resolve(body)
    described = {each["name"] for each in by_address if each["in"] != "header"} | set(schema.get("properties", {}))
    known = {item.name: item for item in fields(kind) if "check" in item.metadata}
    assert described == {*known, *kind.changeable} - set(route.given or ())
    needed = {each["name"] for each in by_address if each["required"]} | set(schema.get("required", ()))
    assert needed == {name for name, item in known.items() if item.default is MISSING} - set(route.given or ())


@pytest.mark.parametrize("place", OPERATIONS, ids=" ".join)
def test_an_endpoint_tells_its_limit_and_the_statuses_of_its_errors(place: tuple[str, str]) -> None:
    operation = OPERATIONS[place]
    kind, _route = ROUTES.get(place, (None, None))
    rate = operation["x-rate"]
    if kind is not None:
        assert rate["kind"] == (kind.bucket or kind.type)
    sends = (DEFAULTS["SENDS_PER_MINUTE"], DEFAULTS["SEND_BURST"])
    assert (rate["per_minute"], rate["at_once"]) == DEFAULT_RATES.get(rate["kind"], sends)
    for status, answer in operation["responses"].items():
        codes = answer["description"].split(", ")
        assert status.startswith("2") or {HTTP_STATUS[ErrorCode(code)] for code in codes} == {int(status)}


def test_each_schema_is_one_and_each_error_code_can_come() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    told = " ".join(answer["description"] for each in OPERATIONS.values() for answer in each["responses"].values())
    assert set(re.findall(r"\w+", told)) >= {str(code) for code in ErrorCode}
