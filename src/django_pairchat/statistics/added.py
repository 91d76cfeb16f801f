"""Figures of a day that other apps add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

CountBetween = Callable[[datetime, datetime], int]


class AddedFigure(NamedTuple):
    """The title of its picture, and the function that counts between two moments."""

    title: Any
    between: CountBetween


_added: dict[str, AddedFigure] = {}


def add_daily_figure(name: str, title: Any, count: CountBetween) -> None:
    """Count something each day, and show it below the other pictures. Call it in ``AppConfig.ready()``.

    ``count`` gets the beginning and the end of a day, and returns a number. ``title`` may be a lazy translation.
    """
    _added[name] = AddedFigure(title, count)


def added_figures() -> Mapping[str, AddedFigure]:
    return _added
