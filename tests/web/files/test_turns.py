"""Whose turn it is to have a picture decoded."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from django_pairchat.core import decode_queue as decoding
from django_pairchat.core import images
from django_pairchat.core.decode_queue import OF_PERSON_LIMIT, WAITING_LIMIT, DecodeQueue, decode_queue
from django_pairchat.core.images import read_picture
from django_pairchat.exceptions import Busy, TooLarge
from tests.support.options import SetOptions

from .conftest import Person

LIMIT = 100


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Decoders:
    """People whose pictures are decoded until they are let go."""

    def __init__(self) -> None:
        self.turns = DecodeQueue()
        self.begun: list[str] = []
        self._gates: dict[str, threading.Event] = {}
        self._threads = ThreadPoolExecutor(40)

    def come(self, name: str, size: int = 1, person: str | None = None) -> Future[None]:
        self._gates[name] = threading.Event()
        waiting = len(self.turns._waiting) + len(self.turns._running)
        future = self._threads.submit(self._decode, name, person or name, size)
        eventually(lambda: future.done() or len(self.turns._waiting) + len(self.turns._running) > waiting)
        return future

    def _decode(self, name: str, person: str, size: int) -> None:
        with self.turns.take(person, size, LIMIT):
            self.begun.append(name)
            self._gates[name].wait(10)

    def finish(self, name: str) -> None:
        self._gates[name].set()

    def end(self) -> None:
        for gate in self._gates.values():
            gate.set()
        self._threads.shutdown()


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    decoders = Decoders()
    yield decoders
    decoders.end()


def test_two_are_decoded_at_once_and_the_others_in_the_order_in_which_they_came(decoders: Decoders) -> None:
    for name in "abcde":
        decoders.come(name)
    eventually(lambda: len(decoders.begun) == 2)
    for number, name in enumerate("abc"):
        decoders.finish(name)
        eventually(lambda: len(decoders.begun) == number + 3)  # noqa: B023 - asked at once
    assert "".join(decoders.begun) == "abcde"


def test_a_large_one_is_decoded_alone_and_is_not_overtaken(decoders: Decoders) -> None:
    decoders.come("small", 10)
    decoders.come("large", 95)
    decoders.come("late", 10)
    assert decoders.begun == ["small"]
    decoders.finish("small")
    eventually(lambda: decoders.begun == ["small", "large"])
    decoders.finish("large")
    eventually(lambda: decoders.begun == ["small", "large", "late"])


def test_one_person_cannot_fill_the_line(decoders: Decoders) -> None:
    for number in range(OF_PERSON_LIMIT):
        decoders.come(str(number), person="greedy")
    with pytest.raises(Busy) as refused:
        decoders.come("one more", person="greedy").result(5)
    assert refused.value.retry_after
    assert not decoders.come("somebody else").done()


def test_the_line_has_an_end(decoders: Decoders) -> None:
    for number in range(decoding.AT_ONCE + WAITING_LIMIT):
        decoders.come(str(number))
    with pytest.raises(Busy):
        decoders.come("one more").result(5)


def test_nobody_waits_for_ever_and_who_gives_up_leaves_the_line(decoders: Decoders, options: SetOptions) -> None:
    options(decode_patience_seconds=0.05)
    decoders.come("large", 100)
    with pytest.raises(Busy):
        decoders.come("impatient", 100).result(5)
    options(decode_patience_seconds=10.0)
    decoders.come("patient", 100)
    decoders.finish("large")
    eventually(lambda: decoders.begun == ["large", "patient"])


def test_a_process_that_ends_says_nothing_about_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(images, "decoding_threads", ended)
    photo = BytesIO()
    Image.new("RGB", (4, 4)).save(photo, "PNG")
    with pytest.raises(Busy):
        read_picture(photo, 16)


def test_one_that_fails_gives_its_turn_back(decoders: Decoders) -> None:
    for _ in range(3):
        with pytest.raises(LookupError), decoders.turns.take("somebody", 1, LIMIT):
            raise LookupError
    decoders.come("next")
    eventually(lambda: decoders.begun == ["next"])


def by_the_twin(person: Person) -> Any:
    return person.upload("photo.jpg", jpeg(10, 10))


def by_the_form(person: Person) -> Any:
    file = SimpleUploadedFile("photo.jpg", jpeg(10, 10))
    fields = {"client_id": str(uuid.uuid4()), "content": "", "file": file}
    return person.client.post(f"/chat/rooms/{person.key}/send/", fields)


def jpeg(width: int, height: int) -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), "teal").save(content, "JPEG")
    return content.getvalue()


@pytest.mark.parametrize("way", [by_the_twin, by_the_form])
def test_every_way_in_waits_and_is_told_that_it_is_too_much(
    minji: Person, way: Callable[[Person], Any], options: SetOptions
) -> None:
    options(decode_patience_seconds=0.01)
    with decode_queue().take("a", 1, LIMIT), decode_queue().take("b", 1, LIMIT):
        response = way(minji)
    assert response.status_code == 503
    assert way(minji).status_code < 400


def test_a_webp_may_have_half_as_many_pixels_as_a_photo() -> None:
    """Its decoder keeps several copies."""
    content = BytesIO()
    Image.new("RGB", (100, 60)).save(content, "WEBP")
    assert read_picture(BytesIO(content.getvalue()), 12_000).width == 100
    with pytest.raises(TooLarge):
        read_picture(BytesIO(content.getvalue()), 11_000)


def test_a_large_photo_keeps_its_shape_and_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = BytesIO()
    Image.new("RGB", (images.LONGEST_SIDE_PIXELS * 2 + 100, 1000), "teal").save(content, "JPEG", exif=exif)
    picture = read_picture(content, 40_000_000)
    assert picture.height == images.LONGEST_SIDE_PIXELS
    assert abs(picture.width - 1000 * picture.height / (images.LONGEST_SIDE_PIXELS * 2 + 100)) <= 1


def test_a_large_transparent_picture_stays_transparent() -> None:
    content = BytesIO()
    Image.new("RGBA", (images.LONGEST_SIDE_PIXELS + 100, 50), (200, 100, 50, 80)).save(content, "PNG")
    kept = Image.open(BytesIO(read_picture(content, 40_000_000).content))
    assert (kept.mode, kept.width) == ("RGBA", images.LONGEST_SIDE_PIXELS)
    assert all(abs(a - b) <= 2 for a, b in zip(kept.getpixel((9, 9)), (200, 100, 50, 80), strict=True))  # type: ignore[arg-type] # four bands
