"""The photo that is sent in the pictures."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def umbrella() -> bytes:
    """Return a PNG file."""
    picture = Image.new("RGB", (640, 420), "#dfe7ea")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, 640, 420), fill="#b99b78")
    draw.line((320, 130, 320, 330), fill="#4b3a2d", width=9)
    draw.arc((276, 305, 324, 355), 0, 180, fill="#4b3a2d", width=9)
    draw.pieslice((150, 60, 490, 330), 180, 360, fill="#c8553d")
    draw.pieslice((235, 60, 405, 330), 180, 360, fill="#e2725b")
    for left in (150, 235, 320, 405):
        draw.pieslice((left, 172, left + 85, 218), 180, 360, fill="#dfe7ea")
    file = io.BytesIO()
    picture.resize((320, 210)).save(file, "PNG")
    return file.getvalue()
