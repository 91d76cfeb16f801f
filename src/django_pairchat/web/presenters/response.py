"""How fast a person usually answers, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from ... import services
from ...policy import get_policy

FEWEST_CONVERSATIONS: Final = 5
LOWEST_RATE: Final = 0.5
"""About a person who is asked seldom, or who mostly does not answer, "usually" would not be true."""


def response_words(user: Any) -> str:
    """Return how fast ``user`` usually answers, ``""`` where the policy keeps it private or there is nothing to say."""
    if user is None or not get_policy().shows_response_time(user):
        return ""
    stats = services.response_stats(user)
    if stats.conversations < FEWEST_CONVERSATIONS or stats.rate is None or stats.rate < LOWEST_RATE:
        return ""
    return "" if stats.median is None else _words(stats.median)


def _words(median: timedelta) -> str:
    texts = {
        timedelta(minutes=10): _("Usually answers within a few minutes"),
        timedelta(hours=1): _("Usually answers within an hour"),
        timedelta(hours=6): _("Usually answers within a few hours"),
        timedelta(days=1): _("Usually answers within a day"),
        timedelta(days=7): _("Usually answers within a few days"),
    }
    return next((text for longest, text in texts.items() if median <= longest), "")
