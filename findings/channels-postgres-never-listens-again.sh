#!/bin/sh
# channels-postgres 1.1.4 never listens again after its connection has ended.
#
# Expected: after a restart of PostgreSQL, or anything else that ends connections, a process receives messages again as
# soon as the server answers, as it does with channels_redis, or receive() raises.
# Seen: sending works again after one error for each connection of the pool, but nothing is ever received again, on old
# channels or on new ones, and receive() raises nothing. The task that listens has died ("Task exception was never
# retrieved"), and the layer still counts it as running. A new layer in the same process works.
#
# Seen on 29 November 2026 with channels-postgres 1.1.4, channels 4.3.2, psycopg 3.3.9, Django 5.2.19, PostgreSQL 15.20.
# Needs a PostgreSQL server that FINDING_POSTGRES names (postgres://postgres@127.0.0.1:5432/postgres), in which it makes
# a database of its own and drops it again. Only the connections of that database are ended.
# Exits with 0 if this is what happens, with 1 if not, with 2 if there is no server.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q channels-postgres==1.1.4 channels==4.3.2 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3 \
    Django==5.2.19
cat > "$folder/finding.py" <<'PYTHON'
import asyncio
import os
import sys
from importlib.metadata import version
from urllib.parse import urlsplit

import django
import psycopg
from django.conf import settings
from django.core.management import call_command

SERVER = os.environ.get("FINDING_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
NAME = f"finding_{os.getpid()}"
try:
    admin = psycopg.connect(SERVER, autocommit=True, connect_timeout=5)
except psycopg.OperationalError as error:
    print(f"PostgreSQL cannot be reached: {error}")
    sys.exit(2)
parts = urlsplit(SERVER)
DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": NAME,
    "USER": parts.username,
    "PASSWORD": parts.password or "",
    "HOST": parts.hostname,
    "PORT": str(parts.port or 5432),
}
CONFIG = {**DATABASE, "TIME_ZONE": "UTC"}
settings.configure(
    INSTALLED_APPS=["channels_postgres"], DATABASES={"default": DATABASE, "channels_postgres": DATABASE}, USE_TZ=True
)


async def received(layer, channel, group, seconds):
    """How many sends to the group raised nothing, and how many messages arrived meanwhile."""
    sent, arrived = 0, 0

    async def listen():
        nonlocal arrived
        while True:
            await layer.receive(channel)
            arrived += 1

    listening = asyncio.create_task(listen())
    for _ in range(seconds * 2):
        await asyncio.sleep(0.5)
        try:
            await layer.group_send(group, {"type": "hello"})
            sent += 1
        except psycopg.Error:
            pass
    await asyncio.sleep(1)
    assert not listening.done(), listening
    listening.cancel()
    return sent, arrived


async def main():
    from channels_postgres.core import PostgresChannelLayer

    layer = PostgresChannelLayer(**CONFIG)
    channel = await layer.new_channel()
    await layer.group_add("group", channel)
    before = await received(layer, channel, "group", 3)
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (NAME,))
    after = await received(layer, channel, "group", 30)
    new_channel = await layer.new_channel()
    await layer.group_add("another", new_channel)
    on_new_channel = await received(layer, new_channel, "another", 5)
    fresh = PostgresChannelLayer(**CONFIG)
    fresh_channel = await fresh.new_channel()
    await fresh.group_add("third", fresh_channel)
    on_fresh_layer = await received(fresh, fresh_channel, "third", 3)
    for name, (sent, arrived) in {
        "before": before,
        "after its connections ended": after,
        "then on a new channel": on_new_channel,
        "then on a new layer": on_fresh_layer,
    }.items():
        print(f"{name}: {sent} sent without an error, {arrived} received")
    return before[1] > 0 and after[0] > 20 and after[1] == 0 and on_new_channel[1] == 0 and on_fresh_layer[1] > 0


for name in ("channels-postgres", "channels", "psycopg", "Django"):
    print(name, version(name))
print("PostgreSQL", admin.execute("SHOW server_version").fetchone()[0])
admin.execute(f"CREATE DATABASE {NAME}")
try:
    django.setup()
    call_command("migrate", verbosity=0)
    as_told = asyncio.run(main())
finally:
    admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
print("as told" if as_told else "NOT as told")
sys.exit(0 if as_told else 1)
PYTHON
timeout 180 "$folder/venv/bin/python" "$folder/finding.py"
