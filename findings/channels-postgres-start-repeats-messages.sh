#!/bin/sh
# channels-postgres 1.1.4: a process that begins to receive gets the messages of the last minute once more, although
# another process has received each of them.
#
# Expected: a message to a channel that several workers read, such as "thumbnails", is received by one of them, once.
# Seen: the first worker receives all three messages. A second one that starts within their expiry (60 s) and reads the
# same channel receives the same three again: a work queue does its work twice with each worker that starts.
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
NAME = sys.argv[2] if len(sys.argv) > 1 else f"finding_{os.getpid()}"
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


async def receive_all(layer, channel):
    found = []
    try:
        while True:
            found.append((await asyncio.wait_for(layer.receive(channel), 5))["number"])
    except asyncio.TimeoutError:
        return found


async def worker():
    """In a process of its own: print what arrives."""
    from channels_postgres.core import PostgresChannelLayer

    print("ready" if sys.argv[1] == "first" else "", flush=True)
    print(await receive_all(PostgresChannelLayer(**CONFIG), "thumbnails"), flush=True)


async def start(which):
    return await asyncio.create_subprocess_exec(
        sys.executable, __file__, which, NAME, stdout=asyncio.subprocess.PIPE
    )


async def main():
    from channels_postgres.core import PostgresChannelLayer

    layer = PostgresChannelLayer(**CONFIG)
    first = await start("first")
    await first.stdout.readline()
    await asyncio.sleep(3)
    for number in (1, 2, 3):
        await layer.send("thumbnails", {"type": "make.thumbnail", "number": number})
    got_first = (await first.communicate())[0].decode().strip()
    second = await start("second")
    got_second = (await second.communicate())[0].decode().strip()
    print(f"three messages sent; the first worker received {got_first}, the second one, started later, {got_second}")
    return got_first == got_second == "[1, 2, 3]"


if len(sys.argv) > 1:
    django.setup()
    asyncio.run(worker())
    sys.exit()
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
