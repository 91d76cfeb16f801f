"""Reports of people, and the installed apps that keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from ..base_models import AbstractMessage, AbstractRoom


class Report(NamedTuple):
    """A report by ``user``. ``message`` is ``None`` if it is about the whole chat.

    ``context`` tells whether the person lets the moderators see what was written around the message, too.
    """

    user: Any
    room: AbstractRoom
    message: AbstractMessage | None
    reason: str
    category: str
    context: bool


Keep = Callable[[Report], None]
_keepers: Final[list[Keep]] = []


def add_report_keeper(keep: Keep) -> None:
    """Let ``keep`` store each report before its person is told that it was sent. Call it in ``AppConfig.ready()``.

    It may raise a ``ChatError``, which refuses the report.
    """
    if keep not in _keepers:
        _keepers.append(keep)


def are_kept() -> bool:
    """Return whether an installed app keeps reports."""
    return bool(_keepers)


def keep(report: Report) -> None:
    """Hand the report to those who keep it. Raises what they raise."""
    for each in _keepers:
        each(report)
