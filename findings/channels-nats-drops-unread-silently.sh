#!/bin/sh
# channels-nats 0.10.1 and 0.6.1: of messages that a channel has not read yet, those beyond the first 100 are lost, and
# nobody is told.
#
# Expected: send() raises ChannelFull, as the specification of channel layers has it and channels_redis does; or at least
# the reader can find out that something is missing.
# Seen: 300 messages are sent, one after the other, to a channel whose reader is busy. All 300 sends succeed. The reader
# then receives the oldest 100; the newest 200 are gone. The only trace is a warning in the log of the reader's process.
# The package's guide says that it cannot know on the sender's side. "capacity" in CONFIG raises the number.
#
# Seen on 29 November 2026 with channels-nats 0.10.1 (Python 3.13) and 0.6.1 (Python 3.11), channels 4.3.2, nats-py
# 2.16.0, nats-server 2.9.10.
# Needs nats-server on PATH or in /usr/sbin; it starts one of its own on a free port.
# Exits with 0 if this is what happens, with 1 if not, with 2 if there is no nats-server.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v nats-server > /dev/null || { echo "nats-server is not installed"; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# The newest one needs Python 3.12.
layer=$("$folder/venv/bin/python" -c 'import sys; print("0.10.1" if sys.version_info >= (3, 12) else "0.6.1")')
"$folder/venv/bin/pip" install -q "channels-nats==$layer" nats-py==2.16.0 channels==4.3.2 Django==5.2.19
cat > "$folder/finding.py" <<'PYTHON'
import asyncio
import logging
import socket
import subprocess
import sys
import time
from importlib.metadata import version

from channels.exceptions import ChannelFull
from channels_nats import NatsChannelLayer
from django.conf import settings

settings.configure()
logging.basicConfig(level=logging.WARNING, format="log: %(message)s")


async def main(url):
    sender, reader = NatsChannelLayer(servers=[url]), NatsChannelLayer(servers=[url])
    channel = await reader.new_channel()
    errors = 0
    for number in range(300):
        try:
            await sender.send(channel, {"type": "hello", "number": number})
        except ChannelFull:
            errors += 1
    await asyncio.sleep(2)
    received = []
    try:
        while True:
            received.append((await asyncio.wait_for(reader.receive(channel), 2))["number"])
    except asyncio.TimeoutError:
        pass
    await sender.close()
    await reader.close()
    span = f"{received[0]} to {received[-1]}" if received else "none"
    print(f"300 sent with {errors} errors; {len(received)} received: {span}")
    return errors == 0 and received == list(range(100))


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
server = subprocess.Popen(["nats-server", "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    for name in ("channels-nats", "channels", "nats-py"):
        print(name, version(name))
    print(subprocess.run(["nats-server", "--version"], capture_output=True, text=True).stdout.strip(), flush=True)
    as_told = asyncio.run(main(f"nats://127.0.0.1:{port}"))
finally:
    server.terminate()
    server.wait()
print("as told" if as_told else "NOT as told")
sys.exit(0 if as_told else 1)
PYTHON
timeout 120 "$folder/venv/bin/python" "$folder/finding.py"
