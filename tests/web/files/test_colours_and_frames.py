"""What a picture looks like after it was re-encoded: its colours, its frames, and how long each is shown."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageSequence

from django_pairchat.core.images import Picture, read_picture

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RED = (255, 0, 0, 255)


def reread(image: Image.Image, kind: str, **options: Any) -> Picture:
    content = BytesIO()
    image.save(content, kind, **options)
    content.seek(0)
    return read_picture(content, 40_000_000)


def opened(content: bytes) -> Any:
    return Image.open(BytesIO(content))


def bars(count: int = 4) -> list[Image.Image]:
    """Transparent frames with one bar each, at another place."""
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        frame.paste(RED, (number * 10, 0, number * 10 + 10, 40))
        frames.append(frame)
    return frames


def visible(frame: Image.Image) -> int:
    return sum(frame.convert("RGBA").getchannel("A").histogram()[1:])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(50, 50), (5000, 50)])
def test_a_photo_keeps_its_colour_profile_and_so_does_the_small_one(kind: str, size: tuple[int, int]) -> None:
    picture = reread(Image.new("RGB", size, (200, 10, 10)), kind, icc_profile=PROFILE)
    assert opened(picture.content).info.get("icc_profile") == PROFILE
    assert opened(picture.thumbnail).info.get("icc_profile") == PROFILE


def test_a_profile_for_other_colours_is_dropped() -> None:
    """As of a photo for print, whose colours are converted."""
    of_print = PROFILE[:16] + b"CMYK" + PROFILE[20:]
    picture = reread(Image.new("CMYK", (50, 50)), "JPEG", icc_profile=of_print)
    assert "icc_profile" not in opened(picture.content).info
    assert "icc_profile" not in opened(picture.thumbnail).info


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("disposal", [2, 1])
def test_transparent_frames_do_not_pile_up(kind: str, disposal: int) -> None:
    frames = bars()
    options = {"disposal": disposal} if kind != "WEBP" else {"lossless": True}
    sent = BytesIO()
    frames[0].save(sent, kind, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
    before = [visible(frame) for frame in ImageSequence.Iterator(opened(sent.getvalue()))]
    after = reread(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
    assert [visible(frame) for frame in ImageSequence.Iterator(opened(after.content))] == before


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("loop", [0, 3])
def test_an_animation_keeps_its_times_and_rounds(kind: str, loop: int) -> None:
    times = [100, 500, 900, 200]
    frames = bars()
    picture = reread(frames[0], kind, save_all=True, append_images=frames[1:], duration=times, loop=loop)
    image = opened(picture.content)
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        image.load()
        found.append(image.info["duration"])
    assert found == times
    assert image.info["loop"] == loop


def test_a_grey_picture_of_sixteen_bits_is_grey_when_it_is_small() -> None:
    ramp = Image.new("I;16", (256, 8))
    for x in range(256):
        for y in range(8):
            ramp.putpixel((x, y), x * 257)
    small = opened(reread(ramp, "PNG").thumbnail).convert("L")
    assert [abs(small.getpixel((x, 4)) - x) < 8 for x in (0, 64, 128, 192, 255)] == [True] * 5
