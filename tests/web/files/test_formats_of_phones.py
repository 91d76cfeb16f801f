"""HEIF and AVIF photos, which not every browser shows, are kept as what every browser shows."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image, ImageCms, features

from django_pairchat import get_message_model
from django_pairchat.core import images
from django_pairchat.policy import Policy

from .conftest import GPS_TAG, ORIENTATION_TAG, ROTATED, Person

pillow_heif = pytest.importorskip("pillow_heif")

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LEFT, RIGHT = (200, 30, 30), (30, 30, 200)
NEAR = 24


def heif(image: Image.Image, **options: Any) -> bytes:
    content = BytesIO()
    pillow_heif.from_pillow(image).save(content, quality=90, **options)
    return content.getvalue()


def avif(image: Image.Image, **options: Any) -> bytes:
    content = BytesIO()
    image.save(content, "AVIF", quality=90, **options)
    return content.getvalue()


Encode = Callable[..., bytes]
with_avif = pytest.mark.skipif(
    "avif" not in features.modules or not features.check("avif"), reason="Pillow has no AVIF"
)
encoders = pytest.mark.parametrize(
    ("encode", "suffix"),
    [pytest.param(heif, ".heic", id="HEIF"), pytest.param(avif, ".avif", id="AVIF", marks=with_avif)],
)


def photo() -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (64, 32), LEFT)
    image.paste(RIGHT, (32, 0, 64, 32))
    return image


def of_a_phone_held_upright() -> dict[str, bytes]:
    """What a phone writes beside the picture."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = ROTATED
    exif.get_ifd(GPS_TAG)[1] = "N"
    return {"exif": exif.tobytes(), "icc_profile": PROFILE}


def sent_and_kept(minji: Person, name: str, content: bytes) -> tuple[dict[str, Any], Image.Image]:
    attachment = minji.send_file(name, content)["attachment"]
    return attachment, Image.open(BytesIO(minji.get(attachment["url"]).body))


def is_near(found: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < NEAR for one, other in zip(found[:3], wanted, strict=True))


@encoders
@pytest.mark.parametrize("name", ["IMG_0001{}", "사진.{}.JPG"])
def test_a_photo_becomes_an_upright_jpeg_without_metadata(
    minji: Person, encode: Encode, suffix: str, name: str
) -> None:
    content = encode(photo(), **of_a_phone_held_upright())
    attachment, kept = sent_and_kept(minji, name.format(suffix), content)
    assert (attachment["type"], attachment["width"], attachment["height"]) == ("image/jpeg", 32, 64)
    assert attachment["name"] == name.format(suffix).replace(f"0001{suffix}", "0001.jpg")
    assert (kept.format, dict(kept.getexif()), kept.info["icc_profile"]) == ("JPEG", {}, PROFILE)
    assert is_near(kept.getpixel((16, 8)), LEFT)
    assert is_near(kept.getpixel((16, 56)), RIGHT)


@encoders
def test_what_is_transparent_stays_so(minji: Person, encode: Encode, suffix: str) -> None:
    image = Image.new("RGBA", (64, 32), (0, 0, 0, 0))
    image.paste((*LEFT, 255), (32, 0, 64, 32))
    attachment, kept = sent_and_kept(minji, f"sticker{suffix}", encode(image))
    assert (attachment["type"], attachment["name"], kept.format) == ("image/webp", "sticker.webp", "WEBP")
    assert kept.convert("RGBA").getpixel((8, 16))[3] < NEAR
    assert is_near(kept.convert("RGBA").getpixel((56, 16)), LEFT)


def test_ten_bits_look_as_eight(minji: Person) -> None:
    deep = pillow_heif.from_bytes("RGB;16", (64, 32), b"\x00\xc8\x00\x1e\x00\x1e" * 64 * 32)
    content = BytesIO()
    deep.save(content, quality=90)
    _attachment, kept = sent_and_kept(minji, "deep.heic", content.getvalue())
    assert is_near(kept.getpixel((32, 16)), LEFT)


def test_of_several_photos_the_main_one_is_kept(minji: Person) -> None:
    several = pillow_heif.from_pillow(Image.new("RGB", (16, 16), RIGHT))
    several.add_from_pillow(Image.new("RGB", (64, 32), LEFT))
    content = BytesIO()
    several.save(content, quality=90, primary_index=1)
    attachment, kept = sent_and_kept(minji, "burst.heic", content.getvalue())
    assert (attachment["width"], attachment["height"]) == (64, 32)
    assert is_near(kept.getpixel((32, 16)), LEFT)


def test_the_embedded_small_picture_does_not_stand_for_the_large_one(minji: Person) -> None:
    large = Image.new("RGB", (5000, 200), LEFT)
    attachment, _kept = sent_and_kept(minji, "wide.heic", heif(large, thumbnails=[256]))
    assert (attachment["width"], attachment["height"]) == (images.LONGEST_SIDE_PIXELS, 164)


class SmallPictures(Policy):
    image_limit_pixels = 1000


@encoders
@override_settings(PAIRCHAT={"POLICY": f"{__name__}.SmallPictures"})
def test_one_with_too_many_pixels_is_refused(minji: Person, encode: Encode, suffix: str) -> None:
    refused = minji.upload(f"photo{suffix}", encode(photo()))
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


@encoders
def test_a_broken_one_is_refused(minji: Person, encode: Encode, suffix: str) -> None:
    refused = minji.upload(f"photo{suffix}", encode(photo())[:200])
    assert (refused.status_code, refused.json()["code"]) == (400, "unsupported")


def test_without_a_decoder_they_are_not_offered(minji: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    content = heif(photo())
    monkeypatch.setattr(images, "_reads_heif", lambda: False)
    assert minji.upload("photo.heic", content).json()["code"] == "unsupported"
    assert ".heic" not in minji.get(f"/chat/rooms/{minji.key}/").body.decode()


def test_a_decoder_that_cannot_be_loaded_spoils_no_other_picture(
    minji: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    images._reads_heif.cache_clear()
    try:
        content = BytesIO()
        photo().save(content, "PNG")
        assert minji.upload("photo.png", content.getvalue()).status_code == 201
        assert minji.upload("photo.heic", content.getvalue()).json()["code"] == "unsupported"
    finally:
        images._reads_heif.cache_clear()


def test_pillow_of_the_project_does_not_read_them(minji: Person) -> None:
    content = heif(photo())
    minji.send_file("photo.heic", content)
    with pytest.raises(Image.UnidentifiedImageError):
        Image.open(BytesIO(content))


@encoders
def test_a_form_that_is_sent_again_is_one_message(minji: Person, encode: Encode, suffix: str) -> None:
    content, url = encode(photo()), f"/chat/rooms/{minji.key}/send/"
    form = {"content": "", "client_id": str(uuid.uuid4())}
    for _attempt in range(2):
        answer = minji.client.post(url, {**form, "file": SimpleUploadedFile(f"photo{suffix}", content)})
        assert answer.status_code == 302
    assert get_message_model().objects.count() == 1
