#!/bin/sh
# pillow-heif 1.8.1: is_supported() says yes to AVIF files, and so do the opener and its size, but none can be decoded.
#
# Expected: since AVIF was taken out of the package, is_supported() and HeifImageFile refuse an AVIF file, so that a
# program which asks before it opens leaves the file to Pillow, which reads AVIF itself.
# Seen: is_supported() is True, HeifImageFile opens it and knows its size, and load() raises RuntimeError because the
# wheel has no AV1 decoder. Pillow's own plugin decodes the same bytes. get_file_mimetype() tells the two apart.
#
# Seen on 30 November 2026 with pillow-heif 1.8.1 (libheif 1.23.6), Pillow 13.0.0. Needs no server.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pillow-heif==1.8.1 Pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import PIL
import pillow_heif
from PIL import Image

print("pillow-heif", pillow_heif.__version__, "libheif", pillow_heif.libheif_version(), "Pillow", PIL.__version__)
content = io.BytesIO()
Image.new("RGB", (64, 32), "teal").save(content, "AVIF")


def fresh():
    return io.BytesIO(content.getvalue())


supported = pillow_heif.is_supported(fresh())
kind = pillow_heif.get_file_mimetype(content.getvalue()[:12])
opened = pillow_heif.HeifImageFile(fresh())
try:
    opened.load()
    decoded = "decoded"
except RuntimeError as error:
    decoded = f"RuntimeError: {error}"
pillow = Image.open(fresh()).convert("RGB").size
print("is_supported:", supported, "| get_file_mimetype:", kind, "| opened with size:", opened.size)
print("load:", decoded)
print("Pillow itself decodes it:", pillow)
told = supported and kind == "image/avif" and opened.size == (64, 32) and decoded.startswith("RuntimeError")
print("as told" if told and pillow == (64, 32) else "NOT as told")
sys.exit(not told)
PYTHON
