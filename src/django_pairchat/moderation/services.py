"""Functions for the host's code: decisions, suspensions, statements of reasons, and the end of what is kept."""

from .decisions import AlreadyDecided, decide, keep_case
from .retention import expire_cases
from .statements import deliver_statements
from .suspensions import lift_suspension, suspend

__all__ = [
    "AlreadyDecided",
    "decide",
    "deliver_statements",
    "expire_cases",
    "keep_case",
    "lift_suspension",
    "suspend",
]
