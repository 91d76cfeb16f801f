#!/bin/sh
# opentelemetry-instrumentation-asgi 0.66b2: a WebSocket that stays open makes a span for every frame in either direction,
# all of one trace that has no root until the socket ends.
#
# Expected: as for HTTP, a handful of spans per request; or spans that a reader can see while the socket is open.
# Seen: an application that answers each frame with one gets 20 frames. 42 spans are exported while the socket is open (a
# pair for each frame, and one for the handshake), each with a parent that has not been exported. The parent
# comes when the socket ends, which for a chat is hours later: until then nothing can be shown as a trace, and samplers
# that decide at the root decide for all of its frames.
#
# Seen on 1 December 2026 with opentelemetry-instrumentation-asgi 0.66b2, opentelemetry-sdk 1.45.2, Python 3.11.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q opentelemetry-instrumentation-asgi==0.66b2 opentelemetry-sdk==1.45.2 asgiref==3.13.0
cat > "$folder/finding.py" <<'PYTHON'
import asyncio
import sys
from importlib.metadata import version

from asgiref.testing import ApplicationCommunicator
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

FRAMES = 20


async def echo(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


async def main():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = OpenTelemetryMiddleware(echo, tracer_provider=provider)
    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "scheme": "ws",
             "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "subprotocols": []}
    socket = ApplicationCommunicator(app, scope)
    await socket.send_input({"type": "websocket.connect"})
    await socket.receive_output(5)
    for _ in range(FRAMES):
        await socket.send_input({"type": "websocket.receive", "text": "x"})
        await socket.receive_output(5)
    open_spans = exporter.get_finished_spans()
    exported = {span.context.span_id for span in open_spans}
    orphans = [span for span in open_spans if span.parent is not None and span.parent.span_id not in exported]
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(5)
    spans = exporter.get_finished_spans()
    roots = [span for span in spans if span.parent is None]
    print(f"opentelemetry-instrumentation-asgi {version('opentelemetry-instrumentation-asgi')}")
    print(f"{FRAMES} frames each way: {len(open_spans)} spans while open, {len(orphans)} of them without their parent")
    print(f"after the end: {len(spans)} spans, {len(roots)} root(s), {len({s.context.trace_id for s in spans})} trace(s)")
    return len(open_spans) >= 2 * FRAMES and len(orphans) == len(open_spans) and len(roots) == 1


sys.exit(not asyncio.run(main()))
PYTHON
"$folder/venv/bin/python" "$folder/finding.py"
