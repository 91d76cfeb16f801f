"""Recordings and films: played in the chat if their bytes are what their names say, and sent in parts."""

from __future__ import annotations

import json
import wave
from io import BytesIO
from typing import Any

import pytest
from django.test import override_settings

from django_pairchat.core.media import container_of
from django_pairchat.policy import Policy
from tests.support.policies import chosen
from tests.web.pages.browser import Element, parse

from .conftest import Person


class LongFilms(Policy):
    attachment_limit_bytes = 100
    media_limit_bytes = 20_000


def sound(seconds: float = 1.0) -> bytes:
    content = BytesIO()
    with wave.open(content, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(8000)
        recording.writeframes(b"\x80" * int(8000 * seconds))
    return content.getvalue()


MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40)


def item(person: Person, seq: int) -> Element:
    return parse(person.get(f"/chat/rooms/{person.key}/").body.decode()).one("li", id=f"m-{seq}")


def players(person: Person, seq: int) -> dict[str, str]:
    """What plays in a message, by the name of its element."""
    parts = item(person, seq).all(data_pc_part="audio") + item(person, seq).all(data_pc_part="video")
    return {each.tag: each["src"] for each in parts if "hidden" not in each.attrs}


def test_a_recording_and_a_film_play_where_they_are_and_can_be_downloaded(minji: Person, juwon: Person) -> None:
    minji.send_file("rain.wav", sound())
    minji.send_file("rain.mp4", MP4)
    assert players(juwon, 1) == {"audio": f"/chat/rooms/{juwon.key}/files/1/"}
    assert players(juwon, 2) == {"video": f"/chat/rooms/{juwon.key}/files/2/#t=0.1"}
    for seq, name in ((1, "rain.wav"), (2, "rain.mp4")):
        shown = item(juwon, seq)
        assert shown.one("a", data_pc_part="file")["download"] == name
        (player,) = [each for each in shown.all(preload="none") if "hidden" not in each.attrs]
        assert "autoplay" not in player.attrs
        assert player["controls"] == ""


@pytest.mark.parametrize(
    ("name", "content"), [("rain.mp3", b"<script>alert(1)</script>"), ("rain.wav", MP4), ("rain.mp4", sound())]
)
def test_what_is_not_what_its_name_says_is_a_download_that_nothing_plays(
    minji: Person, juwon: Person, name: str, content: bytes
) -> None:
    message = minji.send_file(name, content)
    assert message["attachment"]["type"] == "application/octet-stream"
    assert players(juwon, 1) == {}
    answer = juwon.get(message["attachment"]["url"])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.body == content


def test_a_film_of_a_kind_that_browsers_do_not_play_is_a_download(minji: Person, juwon: Person) -> None:
    assert minji.send_file("rain.mov", MP4)["attachment"]["type"] == "video/quicktime"
    assert players(juwon, 1) == {}


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x1aE\xdf\xa3" + bytes(8), "webm"),
        (b"OggS" + bytes(8), "ogg"),
        (b"fLaC" + bytes(8), "flac"),
        (b"ID3\x04" + bytes(8), "mp3"),
        (b"\xff\xfb\x90\x00" + bytes(8), "mp3"),
        (b"\xff\xf1\x50\x80" + bytes(8), "aac"),
        (b"RIFF\0\0\0\0WAVE", "wav"),
        (b"RIFF\0\0\0\0WEBP", None),
        (MP4[:12], "mp4"),
        (b"\xff\xfb", None),
        (b"\xff\x00" + bytes(10), None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(head: bytes, container: str | None) -> None:
    assert container_of(head) == container


@pytest.mark.parametrize(
    ("asked", "start", "length"), [("bytes=0-1", 0, 2), ("bytes=0-", 0, 8044), ("bytes=8000-", 8000, 44)]
)
def test_a_player_gets_the_parts_that_it_asks_for(
    minji: Person, juwon: Person, asked: str, start: int, length: int
) -> None:
    url = minji.send_file("rain.wav", sound())["attachment"]["url"]
    answer = juwon.get(url, range=asked)
    assert (answer.status_code, len(answer.body)) == (206, length)
    assert answer["Content-Range"] == f"bytes {start}-{start + length - 1}/8044"
    assert answer["Content-Type"] == "audio/wav"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_the_web_server_may_send_it(minji: Person, juwon: Person, settings: Any) -> None:
    url = minji.send_file("rain.wav", sound())["attachment"]["url"]
    settings.PAIRCHAT = {**settings.PAIRCHAT, "SENDFILE_HEADER": "X-Accel-Redirect"}
    answer = juwon.get(url)
    assert (answer["Content-Type"], answer.body) == ("audio/wav", b"")
    assert answer["X-Accel-Redirect"].startswith("/protected/")


def test_a_film_may_be_larger_than_other_files(minji: Person) -> None:
    with override_settings(PAIRCHAT=chosen(LongFilms)):
        assert minji.upload("rain.wav", sound()).status_code == 201
        assert minji.upload("rain.wav", sound(3)).json()["code"] == "too_large"
        assert minji.upload("rain.txt", b"x" * 101).json()["code"] == "too_large"
        form = parse(minji.get(f"/chat/rooms/{minji.key}/").body.decode()).one("pair-chat-files")
    assert (form["data-limit-bytes"], form["data-media-limit-bytes"]) == ("100", "20000")
    assert ".wav" in form["data-media"].split(",")
    assert ".txt" not in form["data-media"].split(",")


def test_a_player_goes_with_its_message(minji: Person, juwon: Person) -> None:
    minji.send_file("rain.wav", sound())
    minji.client.delete(f"/chat/api/rooms/{minji.key}/messages/1/")
    assert item(juwon, 1).all("audio", src=True) == []


VOICE = {"duration": 3.2, "waveform": [0, 41, 100]}


def send_voice(person: Person, name: str = "voice.wav", content: bytes | None = None) -> dict[str, Any]:
    """The attachment of a message that says what it sounds like."""
    answer = person.upload(name, content or sound(), voice=json.dumps(VOICE))
    assert answer.status_code == 201, answer.json()
    attachment: dict[str, Any] = person.send(answer.json()["upload"]).json()["message"]["attachment"]
    return attachment


def test_a_voice_message_says_how_it_looks_to_both(minji: Person, juwon: Person) -> None:
    assert send_voice(minji)["voice"] == VOICE
    for person in (minji, juwon):
        (player,) = item(person, 1).all(data_pc_part="player")
        assert (player["data-waveform"], player["data-duration"]) == ("0,41,100", "3.2")
        # The browser's own player is there without JavaScript.
        assert "hidden" in player.attrs
        assert players(person, 1) == {"audio": f"/chat/rooms/{person.key}/files/1/"}


def test_only_a_recording_is_a_voice_message(minji: Person) -> None:
    assert "voice" not in send_voice(minji, "notes.txt", b"words")
    assert "voice" not in send_voice(minji, "rain.mp4", MP4)
    assert "voice" not in send_voice(minji, "rain.mp3", b"<script>alert(1)</script>")
    assert item(minji, 3).all(data_pc_part="player") == []


@pytest.mark.parametrize(
    "voice",
    [
        "",
        "3.2",
        "[]",
        "{}",
        '{"duration": 3.2}',
        '{"duration": 0, "waveform": [1]}',
        '{"duration": true, "waveform": [1]}',
        '{"duration": "3", "waveform": [1]}',
        '{"duration": 86401, "waveform": [1]}',
        '{"duration": 1e999, "waveform": [1]}',
        '{"duration": 3.2, "waveform": []}',
        '{"duration": 3.2, "waveform": [101]}',
        '{"duration": 3.2, "waveform": [-1]}',
        '{"duration": 3.2, "waveform": [0.5]}',
        '{"duration": 3.2, "waveform": [true]}',
        json.dumps({"duration": 3.2, "waveform": [1] * 65}),
    ],
)
def test_a_voice_message_that_says_what_cannot_be_is_refused(minji: Person, voice: str) -> None:
    answer = minji.upload("voice.wav", sound(), voice=voice)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["field"]) == ("bad_request", "voice")


def test_in_a_language_with_decimal_commas_a_player_reads_the_same_number(minji: Person) -> None:
    send_voice(minji)
    with override_settings(LANGUAGE_CODE="de"):
        assert item(minji, 1).one(data_pc_part="player")["data-duration"] == "3.2"
