#!/bin/sh
# channels-lite 0.4.0: its command clean_channels cannot be run after the basic installation.
#
# Expected: "pip install channels-lite" brings a layer without further dependencies, and "python manage.py
# clean_channels", which the guide recommends for clean-ups, works with that layer.
# Seen: the layer works; the command ends with ImportError, because it imports the other layer, which needs the extra
# [aio], before it has looked which one is in use. With the extra it works.
#
# Seen on 29 November 2026 with channels-lite 0.4.0, channels 4.3.2, Django 5.2.19. Needs no server.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q channels-lite==0.4.0 channels==4.3.2 Django==5.2.19
cat > "$folder/settings.py" <<'PYTHON'
SECRET_KEY = "only for this finding"
INSTALLED_APPS = ["channels_lite"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "channels.sqlite3"}}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_lite.layers.core.SQLiteChannelLayer", "CONFIG": {"database": "default"}}
}
PYTHON
cd "$folder"
export DJANGO_SETTINGS_MODULE=settings PYTHONPATH="$folder"
"$folder/venv/bin/pip" list 2> /dev/null | grep -i -E '^(channels-lite|channels|django) '
"$folder/venv/bin/django-admin" migrate --verbosity 0
"$folder/venv/bin/django-admin" shell -c '
import asyncio
from channels.layers import get_channel_layer
async def main():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "hello"})
    print("the layer delivers:", await asyncio.wait_for(layer.receive(channel), 10))
asyncio.run(main())' | grep delivers
if "$folder/venv/bin/django-admin" clean_channels > out 2>&1; then basic=works; else basic=fails; fi
tail -n 4 out
grep -q "AIOSQLiteChannelLayer requires additional dependencies" out || basic="fails otherwise"
"$folder/venv/bin/pip" install -q 'channels-lite[aio]==0.4.0'
if "$folder/venv/bin/django-admin" clean_channels > out 2>&1; then extra=works; else extra=fails; fi
echo "clean_channels after the basic installation: $basic; with the extra: $extra"
if [ "$basic/$extra" = fails/works ]; then echo "as told"; else echo "NOT as told"; exit 1; fi
