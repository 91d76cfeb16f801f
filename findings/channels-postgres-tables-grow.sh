#!/bin/sh
# channels-postgres 1.1.4: its two tables only grow, where consumers stay or processes are killed.
#
# Expected: a message that was received, or has expired, leaves the table; joining a group twice is one membership, and
# one whose group_expiry has passed counts no more, as with channels_redis.
# Seen: each received message stays in the table past its expiry, and each group_add() of the same channel adds a row.
# A member that has expired still gets a copy of every message. Both tables are cleaned only 10 to 20 minutes after a
# group_discard(), by the process that called it: one that only sends and receives never does, and the members of a
# process that was killed stay for ever unless group_expiry is set and another process leaves a group.
#
# Seen on 29 November 2026 with channels-postgres 1.1.4, channels 4.3.2, psycopg 3.3.9, Django 5.2.19, PostgreSQL 15.20.
# Needs a PostgreSQL server that FINDING_POSTGRES names (postgres://postgres@127.0.0.1:5432/postgres), in which it makes
# a database of its own and drops it again.
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


async def main():
    from channels_postgres.core import PostgresChannelLayer
    from channels_postgres.models import GroupChannel, Message

    layer = PostgresChannelLayer(**CONFIG, expiry=1, group_expiry=1)
    channel = await layer.new_channel()
    receiving = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(2)
    for _ in range(5):
        await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "hello"})
    await asyncio.wait_for(receiving, 5)
    await asyncio.sleep(3)
    members = await GroupChannel.objects.acount()
    kept = await Message.objects.acount()
    await layer.group_send("group", {"type": "hello"})
    after_expiry = await Message.objects.acount()
    print(f"after five group_add() of one channel: {members} rows")
    print(f"after one message, received, and 3 s with an expiry of 1 s: {kept} message in the table")
    print(f"after another one to the member that has expired: {after_expiry}")
    return (members, kept, after_expiry) == (5, 1, 2)


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
