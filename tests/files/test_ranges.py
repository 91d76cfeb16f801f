"""Parts of a file, asked for with numbers that no file has."""

from __future__ import annotations

import pytest

from .conftest import Person

LONG_NUMBER = "9" * 5000


@pytest.mark.parametrize("wanted", [f"bytes={LONG_NUMBER}-", f"bytes=-{LONG_NUMBER}", f"bytes=0-{LONG_NUMBER}"])
def test_a_number_too_long_to_be_one_is_no_range(minji: Person, wanted: str) -> None:
    sent = minji.send_file("note.txt", b"Half past six")
    response = minji.get(sent["attachment"]["url"], range=wanted)
    assert (response.status_code, response.body) == (200, b"Half past six")


def test_the_largest_number_that_is_one_is_beyond_the_end(minji: Person) -> None:
    sent = minji.send_file("note.txt", b"Half past six")
    assert minji.get(sent["attachment"]["url"], range=f"bytes={'9' * 18}-").status_code == 416
