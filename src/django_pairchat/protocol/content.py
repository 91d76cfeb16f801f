"""Validation of a message's ``content`` and ``data`` before they are stored."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from .errors import ChatError, ErrorCode
from .requests import CONTENT_LIMIT, DATA_LIMIT_BYTES, is_encodable, is_storable

_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Not all that are visible: those that most texts begin with.
_VISIBLE = re.compile("[!-~가-힣]")
_CARD_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LIBRARY_KINDS: Final = frozenset({"text", "file", "system"})
_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}


def _is_invisible(character: str) -> bool:
    return character.isspace() or character in _BLANK_LETTERS or unicodedata.category(character) == "Cf"


def is_blank(text: str) -> bool:
    """Return whether nothing of the text can be seen."""
    return not _VISIBLE.match(text) and all(map(_is_invisible, text))


def clean_content(text: str, *, may_be_empty: bool = False) -> str:
    """Return the text as it is stored: line ends as LF, without control characters, the rest unchanged.

    Raises ``BadText``, ``TooLong`` (more than 4000 code points), or ``Empty`` unless ``may_be_empty``.
    """
    kept = text
    # Nothing printable is a control, a NUL or a lone surrogate. Most texts have nothing else.
    if not text.isprintable():
        if not is_storable(text):
            raise ChatError(code=ErrorCode.BAD_TEXT, field="content")
        # CR is one of the controls.
        kept = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)) if _CONTROLS.search(text) else text
    if not may_be_empty and is_blank(kept):
        raise ChatError(code=ErrorCode.EMPTY, field="content")
    if len(kept) > CONTENT_LIMIT:
        raise ChatError(code=ErrorCode.TOO_LONG, field="content")
    return kept


PREVIEW: Final = "preview"
"""The member of a text message's ``data`` that describes a link in it. All the rest of ``data`` is the host's."""


def without_preview(data: Any) -> Any:
    """Return the host's part of a message's ``data``: ``None`` if there is nothing else in it."""
    if not isinstance(data, dict) or PREVIEW not in data:
        return data
    return {name: value for name, value in data.items() if name != PREVIEW} or None


def with_preview(data: Any, preview: dict[str, Any] | None) -> Any:
    """Return ``data`` with this preview in place of any other. Data that is no object takes none and stays as it is.

    Raises ``BadRequest`` if both together are too large.
    """
    rest = without_preview(data)
    if preview is None or not isinstance(rest, dict | None):
        return rest
    return clean_data({**(rest or {}), PREVIEW: preview})


def shown_preview(content: str, data: Any) -> dict[str, Any] | None:
    """Return the preview of a message, as long as its link is in the text."""
    preview = data.get(PREVIEW) if isinstance(data, dict) else None
    if not isinstance(preview, dict) or not all(isinstance(preview.get(name), str) for name in ("url", "title")):
        return None
    return preview if preview["url"].lower().startswith(("http://", "https://")) and preview["url"] in content else None


def clean_data(value: Any) -> Any:
    """Return the value as a JSON column returns it, so that a repeated send can be compared with the stored message.

    Raises ``BadRequest`` for a value that JSON or a database cannot hold, and for more than 4 KB.
    """
    invalid = ChatError(code=ErrorCode.BAD_REQUEST, field="data")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise invalid from error
    holds_nul = "\\u0000" in text.replace("\\\\", "")
    if holds_nul or not is_encodable(text) or len(text.encode()) > DATA_LIMIT_BYTES:
        raise invalid
    return json.loads(text)


def is_card_kind(kind: str) -> bool:
    """Return whether messages of this kind are cards: the host's own, with a name that a template can have."""
    return kind not in _LIBRARY_KINDS and _CARD_KIND.fullmatch(kind) is not None


def clean_card_data(value: Any) -> Any:
    """Return the data of a card as a JSON column returns it. Raises ``BadRequest`` for anything but a JSON object."""
    try:
        if not isinstance(value, Mapping):
            raise ChatError(code=ErrorCode.BAD_REQUEST, field="data")
        return clean_data(dict(value))
    except ChatError as error:
        error.add_note(f"The data of a card is a JSON object of at most {DATA_LIMIT_BYTES} bytes, without NUL.")
        raise
