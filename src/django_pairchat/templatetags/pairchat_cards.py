"""``{% load pairchat_cards %}``: for the library's own templates, the cards of a room."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ..web.card_kinds import card_kinds, template_of
from ..web.card_slots import CardTemplate, encoded, read_template

register = template.Library()

RENDERED = "_pairchat_cards"


def _card_template(context: template.Context, kind: str) -> CardTemplate:
    """Return what every card of this kind is made of on this page. It is rendered once per request and room."""
    request = getattr(context, "request", None) or context.get("request")
    chat = context.get("chat")
    known = getattr(request, RENDERED, {})
    key = (kind, chat and chat.key)
    if key not in known:
        html = render_to_string(template_of(kind), {"chat": chat, "next": context.get("next", "")}, request)
        known[key] = read_template(html)
    if request is not None:
        setattr(request, RENDERED, known)
    found: CardTemplate = known[key]
    return found


@register.simple_tag(takes_context=True)
def pairchat_card(context: template.Context, bubble: Any) -> SafeString:
    """Render the card of a message."""
    values = bubble.card_values
    filled = _card_template(context, bubble.card).render(values)
    shown = {"card": filled, "label": bubble.content, "values": encoded(values)}
    return render_to_string("pairchat/partials/card.html", shown)


@register.simple_tag(takes_context=True)
def pairchat_card_templates(context: template.Context) -> list[tuple[str, SafeString]]:
    """Return the kinds that have a template, with the HTML of an empty card of each."""
    return [(kind, _card_template(context, kind).html) for kind in card_kinds()]
