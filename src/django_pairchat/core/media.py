"""Recordings and films: which of them browsers play, judged by their first bytes and not by their names."""

from __future__ import annotations

from typing import IO, Final

HEAD_BYTES: Final = 12
UNPLAYABLE: Final = "application/octet-stream"
"""The type of a file that is not what its name says. Nothing plays it, and nothing sniffs what it may be."""

MP4, WEBM, OGG, WAV, FLAC, MP3, AAC = "mp4", "webm", "ogg", "wav", "flac", "mp3", "aac"
PLAYED: Final = {
    "audio/aac": {AAC},
    "audio/flac": {FLAC},
    "audio/mp4": {MP4},
    "audio/mpeg": {MP3},
    "audio/ogg": {OGG},
    "audio/wav": {WAV},
    "audio/webm": {WEBM},
    "video/mp4": {MP4},
    "video/ogg": {OGG},
    "video/webm": {WEBM},
}
"""The MIME types that pages play, and the containers that a file of each may have."""

ADTS_MASK, ADTS_SYNC = 0xF6, 0xF0
MPEG_MASK, MPEG_SYNC = 0xE0, 0xE0


def is_played(kind: str) -> bool:
    """Return whether pages show a player for files of this MIME type."""
    return kind in PLAYED


def is_recording(kind: str) -> bool:
    """Return whether files of this MIME type are sound that pages play."""
    return is_played(kind) and kind.startswith("audio/")


def type_by_content(file: IO[bytes], kind: str) -> str:
    """Return the type of a file that its name says is ``kind``: that, or one that nothing plays if it is not so."""
    if not is_played(kind):
        return kind
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    return kind if container_of(head) in PLAYED[kind] else UNPLAYABLE


def container_of(head: bytes) -> str | None:
    """Return the container of a file that begins with these bytes, ``None`` for an unknown one."""
    if head[4:8] == b"ftyp":
        return MP4
    if head.startswith(b"RIFF"):
        return WAV if head[8:12] == b"WAVE" else None
    for signature, container in ((b"\x1aE\xdf\xa3", WEBM), (b"OggS", OGG), (b"fLaC", FLAC), (b"ID3", MP3)):
        if head.startswith(signature):
            return container
    return _stream_of(head)


def _stream_of(head: bytes) -> str | None:
    """Return the kind of a stream of frames without a container: each begins with a pattern of bits."""
    if len(head) < HEAD_BYTES or head[0] != 0xFF:
        return None
    if head[1] & ADTS_MASK == ADTS_SYNC:
        return AAC
    return MP3 if head[1] & MPEG_MASK == MPEG_SYNC else None
