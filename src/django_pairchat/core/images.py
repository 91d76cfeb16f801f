"""Pictures that people send: decode them, turn them upright, strip all metadata and reduce their size."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from math import ceil
from typing import IO, TYPE_CHECKING, Any, Final

from ..exceptions import Busy, TooLarge, Unsupported
from .decode_queue import RETRY_SECONDS, decode_queue, decoding_threads

if TYPE_CHECKING:
    from PIL import Image

TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
PHOTO_FORMATS: Final = frozenset({"AVIF", "HEIF"})
"""Formats of phones that not every browser can display. They become JPEG, or WebP if they are transparent."""
MOVING: Final = frozenset({"GIF", "PNG", "WEBP"})
BYTES_OF_BRAND: Final = 12
PHOTO_WITH_MORE: Final = "MPO"
"""Pillow's name for a JPEG that carries further pictures, as many phones write it: a depth map, a brighter version."""
LONGEST_SIDE_PIXELS: Final = 4096
THUMBNAIL_SIDE_PIXELS: Final = 640
FRAMES_LIMIT: Final = 300
PREMULTIPLIED: Final = {"LA": "La", "RGBA": "RGBa"}
BYTES_OF_PIXEL: Final = 9
"""Measured peak memory of an ordinary picture per pixel, which also sets the memory limit of all other kinds. A WebP
may therefore have half as many pixels, because its decoder keeps several copies."""
BYTES_OF_FRAME: Final = {"GIF": (12, 3), "PNG": (20, 5), "WEBP": (38, 0)}
"""Measured peak memory of an animation: per pixel of one frame, and per pixel of all frames."""
BYTES_OF_STILL: Final = {"AVIF": 16, "HEIF": 14, "WEBP": 18}
KEEPS_FRAME: Final = 1
CLEARS_FRAME: Final = 2
"""Disposal methods of a GIF: up to 1 a frame stays when the next one is drawn, from 2 on it goes."""
MODES_OF_PROFILE: Final = {b"RGB ": ("RGB", "RGBA", "P", "PA"), b"GRAY": ("1", "L", "LA")}
SIXTEEN_BITS_TO_EIGHT: Final = 1 / 256
KEPT_INFO: Final = frozenset({"background", "duration", "icc_profile", "loop", "transparency"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored. ``type`` is its MIME type, ``width`` and ``height`` are in pixels."""

    content: bytes
    thumbnail: bytes
    type: str
    width: int
    height: int


def is_available() -> bool:
    """Return whether Pillow is installed, which is required to strip EXIF data."""
    try:
        import PIL.Image  # noqa: F401 - whether it can be imported is the question
    except ImportError:
        return False
    return True


def reads(kind: str) -> bool:
    """Return whether pictures of this MIME type can be decoded with what is installed."""
    if not is_available():
        return False
    if kind in ("image/heic", "image/heif"):
        return _reads_heif()
    return kind != "image/avif" or _reads_avif()


@cache
def _reads_heif() -> bool:
    try:
        from pillow_heif import get_file_mimetype

        # Its own library is loaded by the first call.
        get_file_mimetype(bytes(BYTES_OF_BRAND))
    except (ImportError, OSError):
        return False
    return True


def _reads_avif() -> bool:
    from PIL import features

    # Pillow before 11.3 does not know the name.
    return "avif" in features.modules and bool(features.check("avif"))


def read_picture(file: IO[bytes], pixels_limit: int, person: str = "") -> Picture:
    """Re-encode a JPEG, PNG, WebP, GIF, AVIF or HEIF. Nothing of the file but the picture itself is kept.

    At most two pictures are decoded at once in a process, others wait in order.

    Raises ``Unsupported`` for any other kind of file. Raises ``TooLarge``, before anything is decoded, for more than
    ``pixels_limit`` pixels in all frames together or for more memory than that many pixels need. Raises ``Busy`` if too
    many pictures wait, of this ``person`` or in total, and while the process ends.
    """
    from PIL import Image

    try:
        with _open(file) as image:
            frames = getattr(image, "n_frames", 1) if image.format in MOVING else 1
            memory = _memory(image, frames)
            limit = pixels_limit * BYTES_OF_PIXEL
            if image.width * image.height * frames > pixels_limit or frames > FRAMES_LIMIT or memory > limit:
                raise TooLarge(field="file")
            with decode_queue().take(person, memory, limit):
                encode = _encode_animation if frames > 1 else _encode_still
                return _in_decoding_thread(encode, image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(field="file") from None
    except (OSError, EOFError, ValueError, SyntaxError, IndexError, struct.error, RuntimeError):
        # Pillow and its codecs raise these for a file that is truncated or of another kind than it claims.
        raise Unsupported(field="file") from None


def _in_decoding_thread(encode: Callable[[Image.Image], Picture], image: Image.Image) -> Picture:
    try:
        encoding = decoding_threads.submit(encode, image)
    except RuntimeError:
        # The process ends, which says nothing about the picture: another process may take it.
        raise Busy(retry_after=RETRY_SECONDS) from None
    return encoding.result()


def _open(file: IO[bytes]) -> Image.Image:
    """Open a picture by its first bytes, whatever its name. Nothing is decoded yet."""
    from PIL import Image

    if _reads_heif():
        from pillow_heif import HeifImageFile, get_file_mimetype

        beginning = file.read(BYTES_OF_BRAND)
        file.seek(0)
        # Not registered with Pillow, which would then read this format for the whole project.
        if get_file_mimetype(beginning).startswith(("image/heic", "image/heif")):
            return HeifImageFile(file)  # type: ignore[no-untyped-call]  # of a package without types
    return Image.open(file, formats=[*TYPES, *(["AVIF"] if _reads_avif() else [])])


def _memory(image: Image.Image, frames: int) -> int:
    """Return approximately how many bytes it takes to decode and re-encode this picture."""
    pixels = image.width * image.height
    kind = str(image.format)
    if frames == 1:
        return pixels * BYTES_OF_STILL.get(kind, BYTES_OF_PIXEL)
    of_one, of_all = BYTES_OF_FRAME[kind]
    return pixels * (of_one + of_all * frames)


def _encode_still(image: Image.Image) -> Picture:
    from PIL import ImageOps

    kind = _stored_format(image)
    # Shrunk before anything else, because each step may copy the picture.
    small = _shrink(image)
    upright = ImageOps.exif_transpose(small)
    upright.info = _kept_info(small)
    if kind == "JPEG" and upright.mode not in ("L", "RGB"):
        upright = upright.convert("RGB")
    content = BytesIO()
    options = {"quality": 88, "optimize": True} if kind == "JPEG" else {}
    upright.save(content, kind, icc_profile=_profile(upright), **options)
    return Picture(content.getvalue(), _thumbnail(upright), TYPES[kind], upright.width, upright.height)


def _stored_format(image: Image.Image) -> str:
    if image.format in PHOTO_FORMATS:
        return "WEBP" if image.has_transparency_data else "JPEG"
    return {"GIF": "PNG", PHOTO_WITH_MORE: "JPEG"}.get(str(image.format), str(image.format))


def _shrink(image: Image.Image) -> Image.Image:
    """Return the picture with no side longer than 4096 pixels. The memory of a larger original is freed."""
    scale = LONGEST_SIDE_PIXELS / max(image.size)
    if scale < 1 and image.format == "JPEG":
        # The JPEG decoder halves the size, or reduces it further, but never below this. For other formats some
        # plugins answer this call with an embedded small picture.
        image.draft(None, (max(1, ceil(image.width * scale)), max(1, ceil(image.height * scale))))
    image.load()
    if image.format == "WEBP":
        # The decoder keeps two more copies for the next frame.
        vars(image)["_decoder"] = None
    if scale >= 1:
        return image
    size = (LONGEST_SIDE_PIXELS, LONGEST_SIDE_PIXELS)
    premultiplied = PREMULTIPLIED.get(image.mode)
    if premultiplied is None:
        image.thumbnail(size)
        return image
    # The same steps as in Pillow's thumbnail(), but without keeping the first of three large copies.
    mode, small = image.mode, image.convert(premultiplied)
    image.close()
    small.thumbnail(size)
    return small.convert(mode)


def _encode_animation(image: Image.Image) -> Picture:
    kind = str(image.format)
    image.load()
    image.info = _kept_info(image)
    content = BytesIO()
    image.save(content, kind, save_all=True, icc_profile=_profile(image), **_course(image))
    image.seek(0)
    return Picture(content.getvalue(), _thumbnail(image), TYPES[kind], image.width, image.height)


def _course(image: Image.Image) -> dict[str, Any]:
    """Return what the encoder does not take over from the frames: what clears them, and how long each is shown."""
    frames = range(getattr(image, "n_frames", 1))
    if image.format == "GIF":
        # What the decoder gives for each frame is the whole picture. Without clearing, transparent ones would pile up.
        clears = any(_at(image, number).disposal_method > KEEPS_FRAME for number in frames)
        options: dict[str, Any] = {"comment": b"", **({"disposal": CLEARS_FRAME} if clears else {})}
    elif image.format == "WEBP":
        durations = [_at(image, number).info.get("duration", 0) for number in frames]
        options = {"duration": durations, "loop": image.info.get("loop", 0)}
    else:
        options = {}
    image.seek(0)
    return options


def _at(image: Image.Image, number: int) -> Any:
    image.seek(number)
    image.load()
    return image


def _profile(image: Image.Image) -> bytes | None:
    """Return the colour profile, if it is for the kind of colours that the picture has now."""
    profile: bytes = image.info.get("icc_profile") or b""
    return profile if image.mode in MODES_OF_PROFILE.get(profile[16:20], ()) else None


def _kept_info(image: Image.Image) -> dict[str | tuple[int, int], Any]:
    return {name: value for name, value in image.info.items() if name in KEPT_INFO}


def _thumbnail(image: Image.Image) -> bytes:
    if image.mode.startswith("I"):
        # Of the 16 bits of a grey PNG, a conversion would take the lower ones and make all the rest white.
        image = image.convert("I").point(lambda value: value * SIXTEEN_BITS_TO_EIGHT).convert("L")
    small = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    small.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    content = BytesIO()
    small.save(content, "WEBP", quality=80, icc_profile=_profile(small))
    return content.getvalue()
