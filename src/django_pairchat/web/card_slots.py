"""How the template of a card is filled from its data. The browser client fills it by the same rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, Final

from django.template import TemplateSyntaxError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

MARKS: Final = ("data-pc-slot", "data-pc-href", "data-pc-src", "data-pc-value", "data-pc-if")
CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"
TIME: Final = re.compile(rf"\d{{4}}-\d\d-\d\d(T{CLOCK}(:[0-5]\d(\.\d{{1,6}})?)?(Z|[+-]{CLOCK}))?", re.ASCII)
CONDITION: Final = re.compile(r"(!?)([\w.-]+)(?:(!?=)(.*)|([<>])now)?", re.ASCII)
ALLOWED_URL: Final = re.compile(r"https?://|/|\?|#", re.IGNORECASE)
VOID_ELEMENTS: Final = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905 - shorter to read
)
LARGEST_INTEGER: Final = 2**53
"""Up to here JavaScript knows each integer."""

Values = Mapping[str, Any]


def text_at(values: Values, path: str) -> str:
    """Return the text of a value, empty for one that is not there and for what is no single value."""
    value: Any = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    return value if isinstance(value, str) else ""


def _number(value: float) -> str:
    """Return a number as JavaScript writes it."""
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        return "Infinity" if value > 0 else "-Infinity"
    if number == 0:
        return "0"
    if not 1e-6 <= abs(number) < 1e21:
        return re.sub(r"e([+-])0*", r"e\1", repr(number))
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_time(text: str) -> datetime | date | None:
    """Return the day, or the moment with its zone, that a text is. ``None`` for any other text."""
    if not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None


def is_allowed_url(text: str) -> bool:
    return ALLOWED_URL.match(text) is not None


def holds(conditions: str, values: Values, now: datetime) -> bool:
    """Return whether all of these conditions hold."""
    return all(_holds(condition, values, now) for condition in conditions.split())


def _holds(condition: str, values: Values, now: datetime) -> bool:
    found = CONDITION.fullmatch(condition)
    if found is None:
        raise TemplateSyntaxError(f"data-pc-if has {condition!r}, which is no condition.")
    negated, path, sign, wanted, order = found.groups()
    text = text_at(values, path)
    result = text not in ("", "false")
    if sign:
        result = (text in wanted.split("|")) == (sign == "=")
    if order:
        moment = _moment(text)
        result = moment is not None and (moment > now if order == ">" else moment <= now)
    return result != bool(negated)


def _moment(text: str) -> datetime | None:
    parsed = parse_time(text)
    if isinstance(parsed, datetime) or parsed is None:
        return parsed
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)


def time_text(text: str) -> str:
    """Return a time in the active language and zone. Any other text stays as it is."""
    parsed = parse_time(text)
    if parsed is None:
        return text
    if not isinstance(parsed, datetime):
        return date_format(parsed, "DATE_FORMAT")
    try:
        return date_format(timezone.localtime(parsed), "DATETIME_FORMAT")
    except OverflowError:
        # In the zone of the reader it is before the first year, or after the last.
        return text


@dataclass(frozen=True)
class Marked:
    """The start tag of an element with marks. ``slash`` is the one that closes an element within an ``svg``."""

    tag: str
    attributes: tuple[tuple[str, str | None], ...]
    marks: Mapping[str, str]
    slash: str = ""

    def render(self, values: Values, now: datetime) -> str:
        changed = dict(self._changed(values, now))
        kept = [(name, value) for name, value in self.attributes if name not in changed]
        shown = [*kept, *((name, value) for name, value in changed.items() if value is not None)]
        attributes = "".join(_attribute(name, value) for name, value in shown)
        return f"<{self.tag}{attributes}{self.slash}>{self._text(values)}"

    def _changed(self, values: Values, now: datetime) -> Iterator[tuple[str, str | None]]:
        """Yield the attributes that come from the values; ``None`` is one that the element does not have."""
        for mark, path in self.marks.items():
            if mark == "data-pc-if":
                yield "hidden", None if holds(path, values, now) else ""
            elif mark == "data-pc-value":
                yield "value", text_at(values, path)
            elif mark == "data-pc-slot":
                if self.tag == "time":
                    text = text_at(values, path)
                    yield "datetime", text if parse_time(text) is not None else None
            else:
                url = text_at(values, path)
                yield mark.removeprefix("data-pc-"), url if is_allowed_url(url) else None

    def _text(self, values: Values) -> str:
        if "data-pc-slot" not in self.marks:
            return ""
        text = text_at(values, self.marks["data-pc-slot"])
        return conditional_escape(time_text(text) if self.tag == "time" else text)


def _attribute(name: str, value: str | None) -> str:
    return f" {name}" if value is None else f' {name}="{conditional_escape(value)}"'


@dataclass(frozen=True)
class CardTemplate:
    """The HTML of a kind of cards, and the same cut at the elements that are marked."""

    html: SafeString
    parts: tuple[str | Marked, ...]

    def render(self, values: Values) -> SafeString:
        now = datetime.now(UTC)
        html = "".join(part if isinstance(part, str) else part.render(values, now) for part in self.parts)
        return mark_safe(html)  # noqa: S308 - the host's template, and each value is escaped


class _Reader(HTMLParser):
    """Cuts HTML at the start tags with marks, and leaves out what stands in an element that gets a text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str | Marked] = []
        self._html = html
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self._done = 0
        self._filled = ""
        self._depth = 0
        self.feed(html)
        self.close()
        if self._filled:
            raise TemplateSyntaxError(f"<{self._filled}> has data-pc-slot and no end tag.")
        self.parts.append(html[self._done :])

    @property
    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._filled:
            self._depth += tag == self._filled
            return
        marks = {name: value or "" for name, value in attrs if name in MARKS}
        if not marks:
            return
        if "data-pc-slot" in marks:
            if tag in VOID_ELEMENTS:
                raise TemplateSyntaxError(f"<{tag}> has data-pc-slot, but holds no text.")
            self._filled, self._depth = tag, 1
        for condition in marks.get("data-pc-if", "").split():
            _holds(condition, {}, datetime.now(UTC))
        written = self.get_starttag_text() or ""
        slash = "/" if written.endswith("/>") else ""
        self.parts += [self._html[self._done : self._here], Marked(tag, tuple(attrs), marks, slash)]
        self._done = self._here + len(written)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # As browsers read it: outside of an svg the slash says nothing.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag != self._filled:
            return
        self._depth -= 1
        if self._depth == 0:
            self._filled, self._done = "", self._here


def read_template(html: SafeString) -> CardTemplate:
    """Return the template that this HTML is. Raises ``TemplateSyntaxError`` for marks that cannot be filled."""
    return CardTemplate(html, tuple(_Reader(html).parts))


def encoded(values: Values) -> str:
    """Return the values as the browser client reads them from the page."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
