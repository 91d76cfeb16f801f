"""The outcome of one look of ``pairchat_doctor``."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    told: str
    works: bool = True
