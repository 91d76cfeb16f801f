"""Sentry and OpenTelemetry as the guide puts them in: sockets are not traced, and no text leaves with an error."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from django_pairchat.asgi import with_chat
from django_pairchat.policy import Policy
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.conftest import People
from tests.support.policies import chosen

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "the key lies under the third stone"


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    stop_live_threads()


async def send(people: People, key: str, application: Any) -> dict[str, Any]:
    socket = ChatCommunicator(people.minji, application=application)
    await socket.connect()
    answer: dict[str, Any] = await socket.request("send", room=key, client_id=str(uuid.uuid4()), content=SECRET)
    await socket.disconnect()
    return answer


async def page(application: Any) -> int:
    """Return the status of a page that the application serves."""
    scope = {"type": "http", "method": "GET", "path": "/admin/login/", "headers": [(b"host", b"chat.example")]}
    request = ApplicationCommunicator(application, {**scope, "query_string": b"", "http_version": "1.1"})
    await request.send_input({"type": "http.request"})
    status: int = (await request.receive_output(10))["status"]
    while (await request.receive_output(10)).get("more_body"):
        pass
    await request.wait()
    return status


async def test_opentelemetry_inside_of_with_chat_traces_pages_and_no_socket(people: People, key: str) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    application = with_chat(OpenTelemetryMiddleware(get_asgi_application(), tracer_provider=provider))

    assert (await send(people, key, application))["type"] == "ok"
    assert not spans.get_finished_spans()

    assert await page(application) == 200
    assert spans.get_finished_spans()


class Kept(Transport):
    """Keeps what would be sent to Sentry."""

    texts: list[str]

    def capture_envelope(self, envelope: Envelope) -> None:
        self.texts += [json.dumps(item.payload.json, default=str) for item in envelope.items if item.payload.json]


class Broken(Policy):
    def check_content(self, user: Any, room: Any, content: str) -> None:
        raise RuntimeError("The host's own mistake.")


@pytest.mark.parametrize("with_variables", [True, False])
async def test_an_error_reaches_sentry_and_takes_texts_along_with_variables_only(
    with_variables: bool, people: People, key: str, settings: Any
) -> None:
    Kept.texts = []
    settings.PAIRCHAT = chosen(Broken)
    sentry_sdk.init("http://key@sentry.example/1", transport=Kept, include_local_variables=with_variables)
    try:
        assert (await send(people, key, with_chat(get_asgi_application())))["code"] == "error"
        sentry_sdk.flush()
    finally:
        sentry_sdk.init()
    (event,) = [text for text in Kept.texts if "The host's own mistake." in text]
    assert (SECRET in event) is with_variables
