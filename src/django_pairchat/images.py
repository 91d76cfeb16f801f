"""Pictures that people send: decoded, turned upright, stripped of everything but the picture, and made small."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, Final

from .exceptions import TooLarge, Unsupported

if TYPE_CHECKING:
    from PIL import Image

TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
MOVING: Final = frozenset({"GIF", "PNG", "WEBP"})
PHOTO_WITH_MORE: Final = "MPO"
"""What Pillow calls a JPEG that carries further pictures, as many phones write it: a depth map, a brighter version."""
LONGEST_SIDE_PIXELS: Final = 4096
THUMBNAIL_SIDE_PIXELS: Final = 640
FRAMES_LIMIT: Final = 300
KEPT_INFO: Final = frozenset({"background", "duration", "icc_profile", "loop", "transparency"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: ``type`` is its MIME type, sides are in pixels."""

    content: bytes
    thumbnail: bytes
    type: str
    width: int
    height: int


def is_available() -> bool:
    """Whether Pillow is installed: without it nobody could take the place and time out of a photo."""
    try:
        import PIL.Image  # noqa: F401 - whether it can be imported is the question
    except ImportError:
        return False
    return True


def read_picture(file: IO[bytes], pixels_limit: int) -> Picture:
    """Re-encode a JPEG, PNG, WebP or GIF. Nothing of the file but the picture itself is kept.

    Raises ``Unsupported`` for what is none of them, and ``TooLarge``, before anything is decoded, for more than
    ``pixels_limit`` pixels in all frames together.
    """
    from PIL import Image

    try:
        with Image.open(file, formats=list(TYPES)) as image:
            frames = getattr(image, "n_frames", 1) if image.format in MOVING else 1
            if image.width * image.height * frames > pixels_limit or frames > FRAMES_LIMIT:
                raise TooLarge(field="file")
            return _encode_animation(image) if frames > 1 else _encode_still(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(field="file") from None
    except (OSError, ValueError, SyntaxError, IndexError, struct.error, RuntimeError):
        # What Pillow and its codecs raise for a file that is not what it says, or is cut off.
        raise Unsupported(field="file") from None


def _encode_still(image: Image.Image) -> Picture:
    from PIL import ImageOps

    kind = {"GIF": "PNG", PHOTO_WITH_MORE: "JPEG"}.get(str(image.format), str(image.format))
    upright = ImageOps.exif_transpose(image)
    upright.info = _kept(image)
    if kind == "JPEG" and upright.mode not in ("L", "RGB"):
        upright = upright.convert("RGB")
    upright.thumbnail((LONGEST_SIDE_PIXELS, LONGEST_SIDE_PIXELS))
    content = BytesIO()
    upright.save(content, kind, **({"quality": 88, "optimize": True} if kind == "JPEG" else {}))
    return Picture(content.getvalue(), _thumbnail(upright), TYPES[kind], upright.width, upright.height)


def _encode_animation(image: Image.Image) -> Picture:
    kind = str(image.format)
    image.load()
    image.info = _kept(image)
    content = BytesIO()
    image.save(content, kind, save_all=True, **({"comment": b""} if kind == "GIF" else {}))
    image.seek(0)
    return Picture(content.getvalue(), _thumbnail(image), TYPES[kind], image.width, image.height)


def _kept(image: Image.Image) -> dict[str | tuple[int, int], Any]:
    return {name: value for name, value in image.info.items() if name in KEPT_INFO}


def _thumbnail(image: Image.Image) -> bytes:
    small = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    small.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    content = BytesIO()
    small.save(content, "WEBP", quality=80)
    return content.getvalue()
