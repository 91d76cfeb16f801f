"""The styleguide: every part of the chat in every state, for who changes its templates or styles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from styleguide import states


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show all parts, in the language and the colours that the reader has chosen for the board."""
    context = {
        "chat": states.chat(),
        "bubbles": states.bubbles(),
        "cards": states.cards(),
        "held": states.held(),
        "topics": states.topics(),
        "lines": states.lines(),
        "rows": states.rows(),
    }
    return render(request, "styleguide/page.html", context)
