#!/bin/sh
# channels-postgres 1.1.4: the configuration of its own guide cannot be used.
#
# Expected: "The Config object is exactly the same as the standard config object for Django's PostgreSQL database", with
# an example of ENGINE, NAME, USER, PASSWORD, HOST and PORT. A layer with these is made.
# Seen: KeyError: 'TIME_ZONE'. Django fills that in for DATABASES only, so it must be named in CONFIG.
#
# Seen on 29 November 2026 with channels-postgres 1.1.4, channels 4.3.2, psycopg 3.3.9, Django 5.2.19. Needs no server.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q channels-postgres==1.1.4 channels==4.3.2 'psycopg[binary]==3.3.9' psycopg-pool==3.3.3 \
    Django==5.2.19
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import django
from django.conf import settings

DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "postgres",
    "USER": "postgres",
    "PASSWORD": "password",
    "HOST": "127.0.0.1",
    "PORT": "5432",
}
CONFIG = dict(DATABASE)
settings.configure(
    INSTALLED_APPS=["channels_postgres"],
    DATABASES={"default": dict(DATABASE), "channels_postgres": dict(DATABASE)},
    CHANNEL_LAYERS={"default": {"BACKEND": "channels_postgres.core.PostgresChannelLayer", "CONFIG": CONFIG}},
)
django.setup()

from channels.layers import channel_layers  # noqa: E402

for name in ("channels-postgres", "channels", "psycopg", "Django"):
    print(name, version(name))
try:
    as_documented = repr(channel_layers.make_backend("default"))
except KeyError as error:
    as_documented = f"KeyError {error}"
CONFIG["TIME_ZONE"] = "UTC"
with_time_zone = type(channel_layers.make_backend("default")).__name__
print(f"as documented: {as_documented}; with TIME_ZONE: {with_time_zone}")
as_told = as_documented == "KeyError 'TIME_ZONE'" and with_time_zone == "PostgresChannelLayer"
print("as told" if as_told else "NOT as told")
sys.exit(0 if as_told else 1)
PYTHON
