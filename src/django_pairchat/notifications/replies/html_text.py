"""The text of a mail that is HTML, with ``> `` before each line of a quotation, as in mails that are text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

SKIPPED: Final = frozenset({"head", "script", "style", "template", "title"})
LINES: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre"}
    | {"section", "table", "tr", "ul"}
)
PARAGRAPH_RULE: Final = re.compile(r"(?<![\w.#-])p\b[^{}]{0,200}\{[^{}]{0,500}margin")
DEEPEST: Final = 9
"""Deeper quotations are shown as deep as this."""

COMMENT_OR_STYLE: Final = re.compile(r"<!--|<style\b", re.IGNORECASE)
COMMENT_END: Final = re.compile("-->")
STYLE_END: Final = re.compile(r"</style[^<>]{0,200}>", re.IGNORECASE)
STRAY_BRACKET: Final = re.compile(r"<(?=[^<>]*(?:<|\Z))")
SPACE: Final = re.compile(r"[ \t\r\n\f]+")


class TextReader(HTMLParser):
    """Collects lines. An unclosed or misplaced tag is no error: mails are full of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.parts: list[str] = []
        self.depth = 0
        self.skipped: str | None = None
        self.is_preformatted = False
        self.has_gaps = True

    def end_line(self) -> None:
        line = "".join(self.parts)
        self.parts.clear()
        # The space at the end of the line above a signature belongs to it.
        text = line if line == "-- " else line.rstrip(" ")
        self.lines.append(f"{'> ' * min(self.depth, DEEPEST)}{text}")

    def end_started_line(self) -> None:
        if any(part.strip(" ") for part in self.parts):
            self.end_line()
        self.parts.clear()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.skipped:
            # Inside of a head there are styles.
            self.skipped = None if tag == "body" else self.skipped
        if self.skipped:
            return
        if tag in SKIPPED:
            self.skipped = tag
        elif tag == "br":
            self.end_line()
        elif tag in LINES:
            self.end_started_line()
            is_gap = tag == "p" and self.has_gaps and "margin" not in (dict(attrs).get("style") or "")
            if is_gap and self.lines and self.lines[-1].strip("> "):
                self.end_line()
        elif tag in {"td", "th"} and self.parts:
            self.parts.append(" ")
        self.depth += tag == "blockquote"
        self.is_preformatted |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in {self.skipped, "body"}:
                self.skipped = None
            return
        if tag in LINES:
            self.end_started_line()
        if tag == "blockquote":
            self.depth = max(0, self.depth - 1)
        elif tag == "pre":
            self.is_preformatted = False

    def handle_data(self, data: str) -> None:
        if self.skipped:
            # Programs for which each line is a paragraph leave no gaps between them.
            self.has_gaps = self.has_gaps and not PARAGRAPH_RULE.search(data)
            return
        if self.is_preformatted:
            *whole, rest = data.replace("\r\n", "\n").split("\n")
            for text in whole:
                self.parts.append(text)
                self.end_line()
            self.parts.append(rest)
            return
        text = SPACE.sub(" ", data)
        self.parts.append(text if self.parts and not self.parts[-1].endswith(" ") else text.lstrip(" "))


def _with_whole_tags(html: str) -> str:
    """Return the HTML without comments, without beginnings of tags that do not end, and without a style that does not.

    Some versions of the parser look for each end again and again, which takes hours for a large mail.
    """
    kept, start = [], 0
    while (found := COMMENT_OR_STYLE.search(html, start)) is not None:
        kept.append(STRAY_BRACKET.sub("&lt;", html[start : found.start()]))
        is_comment = found[0] == "<!--"
        end = (COMMENT_END if is_comment else STYLE_END).search(html, found.end())
        start = len(html) if end is None else end.end()
        if end is not None and not is_comment:
            kept.append(html[found.start() : start])
    return "".join([*kept, STRAY_BRACKET.sub("&lt;", html[start:])])


def text_of_html(html: str) -> str:
    """Return what a reader of this HTML sees, line by line."""
    reader = TextReader()
    reader.feed(_with_whole_tags(html))
    reader.close()
    reader.end_started_line()
    return "\n".join(reader.lines).replace("\N{NO-BREAK SPACE}", " ")
