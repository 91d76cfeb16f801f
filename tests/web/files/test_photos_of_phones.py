"""A photo as many phones write it: a JPEG that carries further pictures, which Pillow has another name for."""

from __future__ import annotations

from io import BytesIO

from django.test import override_settings
from PIL import Image

from django_pairchat.policy import Policy

from .conftest import GPS_TAG, ORIENTATION_TAG, ROTATED, Person


class SmallPictures(Policy):
    image_limit_pixels = 120 * 60


def photo_with_a_depth_map(width: int, height: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = ROTATED
    exif.get_ifd(GPS_TAG)[1] = "N"
    content = BytesIO()
    depth = Image.new("L", (width // 2, height // 2)).convert("RGB")
    photo = Image.new("RGB", (width, height), "teal")
    photo.save(content, "MPO", save_all=True, append_images=[depth], exif=exif.tobytes())
    return content.getvalue()


def test_the_photo_itself_is_kept_upright_and_nothing_else(minji: Person) -> None:
    sent = minji.send_file("photo.jpg", photo_with_a_depth_map(64, 32))
    attachment = sent["attachment"]
    assert (attachment["type"], attachment["width"], attachment["height"]) == ("image/jpeg", 32, 64)
    kept = minji.get(attachment["url"]).body
    with Image.open(BytesIO(kept)) as image:
        assert (image.format, getattr(image, "n_frames", 1), dict(image.getexif())) == ("JPEG", 1, {})


@override_settings(PAIRCHAT={"POLICY": f"{__name__}.SmallPictures"})
def test_what_is_not_kept_does_not_count_as_pixels(minji: Person) -> None:
    assert minji.upload("photo.jpg", photo_with_a_depth_map(120, 60)).status_code == 201
