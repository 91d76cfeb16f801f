"""What a text, and a host's data beside it, must be before it is kept."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

from .codes import Code, Refusal
from .requests import CONTENT_LIMIT, DATA_LIMIT_BYTES, is_encodable, is_storable

_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANK_LETTERS: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}


def _is_invisible(character: str) -> bool:
    return character.isspace() or character in _BLANK_LETTERS or unicodedata.category(character) == "Cf"


def clean_content(text: str, *, may_be_empty: bool = False) -> str:
    """The text as it is kept: line ends as LF, control characters gone, the rest untouched.

    Refuses with ``bad_text``, ``too_long`` (more than 4000 code points), or ``empty`` unless it may be that.
    """
    if not is_storable(text):
        raise Refusal(code=Code.BAD_TEXT, field="content")
    kept = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    if not may_be_empty and all(map(_is_invisible, kept)):
        raise Refusal(code=Code.EMPTY, field="content")
    if len(kept) > CONTENT_LIMIT:
        raise Refusal(code=Code.TOO_LONG, field="content")
    return kept


def clean_data(value: Any) -> Any:
    """The value as it comes back from a JSON column, so that a repetition can be compared with what is stored.

    Refuses with ``bad_request`` what JSON or a database cannot hold, and more than 4 KB.
    """
    refusal = Refusal(code=Code.BAD_REQUEST, field="data")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise refusal from error
    holds_nul = "\\u0000" in text.replace("\\\\", "")
    if holds_nul or not is_encodable(text) or len(text.encode()) > DATA_LIMIT_BYTES:
        raise refusal
    return json.loads(text)
