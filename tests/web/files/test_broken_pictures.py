"""Pictures that were cut off or mangled on their way are refused, whatever their codec makes of them."""

from __future__ import annotations

import random
from contextlib import suppress
from io import BytesIO

import pytest
from PIL import Image

from django_pairchat.core.images import read_picture
from django_pairchat.exceptions import TooLarge, Unsupported

MANGLED = 150


def picture(kind: str) -> bytes:
    frames = [Image.effect_noise((24, 16), 60 + number).convert("RGB") for number in range(3)]
    file = BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_mangled_picture_is_taken_or_refused(kind: str) -> None:
    dice = random.Random(kind)
    whole = picture(kind)
    for _ in range(MANGLED):
        mangled = bytearray(whole[: dice.randrange(12, len(whole) + 1)])
        for _ in range(dice.randrange(4)):
            mangled[dice.randrange(len(mangled))] = dice.randrange(256)
        with suppress(Unsupported, TooLarge):
            read_picture(BytesIO(bytes(mangled)), 10_000_000)
