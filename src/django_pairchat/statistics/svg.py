"""Pictures without a script or a style: SVG whose colours hold on light and on dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH: Final = 720
HEIGHT: Final = 180
TEXT_SPACE: Final = 20
GAP: Final = 0.2
"""The share of its place that a column leaves free."""
LEAST: Final = 1.5
"""The height of a column that is not zero."""
LINE: Final = 28
NAMES_WIDTH: Final = 260
NUMBERS_WIDTH: Final = 80
NAME_LETTERS: Final = 36
FILL: Final = "#3b82c4"
"""A contrast of 4 to white and of 4.6 to #121212."""


def columns(
    key: str,
    title: str,
    description: str,
    *,
    names: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
) -> SafeString:
    """Return a picture with one column for each value. A value of ``None`` has none."""
    highest = max((value for value in values if value is not None), default=0) or 1
    place, room = WIDTH / max(1, len(values)), HEIGHT - 2 * TEXT_SPACE
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}: {}</title></rect>',
        (
            (
                _plain((number + GAP / 2) * place),
                _plain(HEIGHT - TEXT_SPACE - _height(value, highest, room)),
                _plain((1 - GAP) * place),
                _plain(_height(value, highest, room)),
                name,
                text,
            )
            for number, (name, value, text) in enumerate(zip(names, values, texts, strict=True))
            if value is not None
        ),
    )
    most = texts[values.index(highest)] if highest in values else ""
    labels = format_html(
        '<text x="0" y="12">{}</text><text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>',
        most,
        HEIGHT - 4,
        names[0] if names else "",
        WIDTH,
        HEIGHT - 4,
        names[-1] if names else "",
    )
    base = HEIGHT - TEXT_SPACE
    axis = format_html('<path d="M0 {}.5H{}" stroke="currentColor" stroke-opacity="0.5"/>', base, WIDTH)
    return _picture(key, title, description, HEIGHT, format_html('<g fill="{}">{}</g>{}{}', FILL, drawn, axis, labels))


def lines(
    key: str, title: str, description: str, *, names: Sequence[str], values: Sequence[int], texts: Sequence[str]
) -> SafeString:
    """Return a picture with one bar below the other, each with its name before it and its number behind it."""
    highest = max(values, default=0) or 1
    room = WIDTH - NAMES_WIDTH - NUMBERS_WIDTH
    drawn = format_html_join(
        "",
        '<text x="0" y="{}">{}</text><rect x="{}" y="{}" width="{}" height="{}" rx="1" fill="{}"/>'
        '<text x="{}" y="{}">{}</text>',
        (
            (
                LINE * number + 18,
                name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…",
                NAMES_WIDTH,
                LINE * number + 4,
                _plain(_height(value, highest, room)),
                LINE - 8,
                FILL,
                _plain(NAMES_WIDTH + _height(value, highest, room) + 6),
                LINE * number + 18,
                text,
            )
            for number, (name, value, text) in enumerate(zip(names, values, texts, strict=True))
        ),
    )
    return _picture(key, title, description, LINE * max(1, len(values)), drawn)


def _picture(key: str, title: str, description: str, height: int, content: SafeString) -> SafeString:
    # Left to right in every language: the days, and the bars with their numbers.
    return format_html(
        '<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-labelledby="{2}-title {2}-text" '
        'direction="ltr" font-size="12" fill="currentColor">'
        '<title id="{2}-title">{3}</title><desc id="{2}-text">{4}</desc>{5}</svg>',
        WIDTH,
        height,
        key,
        title,
        description,
        content,
    )


def _height(value: float, highest: float, room: float) -> float:
    return max(LEAST, room * value / highest) if value else 0.0


def _plain(number: float) -> str:
    """Return the number as SVG reads it, whatever the language of the page."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
