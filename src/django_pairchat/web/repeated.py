"""Template tags for what a page has dozens of: what looks alike is rendered once, with gaps for what differs.

``{% pairchat_once shape %}…{% endpairchat_once %}`` renders what is within it once for each value in a page. What
depends on anything else that varies within the page stands in ``{% pairchat_each %}…{% endpairchat_each %}`` inside it,
and is rendered each time. A template takes a hundred times as long as a look-up. Nothing is kept from one page to the
next.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

RENDERED: Final = "_pairchat_rendered"
GAPS: Final = "_pairchat_gaps"
GAP: Final = f"<{secrets.token_hex(16)}>"
"""Stands for a gap while the rest is rendered. No text can contain it."""


class Pattern(NamedTuple):
    """The text that was rendered before, between and after the gaps."""

    texts: Sequence[str]
    gaps: Sequence[Each]

    def filled(self, context: Context) -> SafeString:
        texts = [self.texts[0]]
        for gap, text in zip(self.gaps, self.texts[1:], strict=True):
            texts += gap.nodelist.render(context), text
        return SafeString("".join(texts))


class Once(Node):
    """See above. ``shape`` is all that varies on which what is inside depends, outside of its gaps."""

    def __init__(self, shape: FilterExpression, nodelist: NodeList) -> None:
        self.shape = shape
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        # The context is that of one page of one person, in one thread.
        patterns: dict[object, Pattern] = vars(context).setdefault(RENDERED, {})
        key = (self, self.shape.resolve(context), get_language(), context.autoescape)
        pattern = patterns.get(key)
        if pattern is None:
            pattern = patterns[key] = self._pattern(context)
        return pattern.filled(context)

    def _pattern(self, context: Context) -> Pattern:
        around: list[Each] | None = vars(context).get(GAPS)
        gaps: list[Each] = []
        vars(context)[GAPS] = gaps
        try:
            return Pattern(self.nodelist.render(context).split(GAP), gaps)
        finally:
            vars(context)[GAPS] = around


class Each(Node):
    """A gap in what is rendered once."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        gaps: list[Each] | None = vars(context).get(GAPS)
        if gaps is None:
            return self.nodelist.render(context)
        gaps.append(self)
        return SafeString(GAP)


def parse_once(parser: Parser, token: Token) -> Once:
    _tag, shape = token.split_contents()
    nodelist = parser.parse(("endpairchat_once",))
    parser.delete_first_token()
    return Once(parser.compile_filter(shape), nodelist)


def parse_each(parser: Parser, token: Token) -> Each:
    nodelist = parser.parse(("endpairchat_each",))
    parser.delete_first_token()
    return Each(nodelist)
