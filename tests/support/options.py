"""Options of the node, for tests in which hours pass in a moment."""

from __future__ import annotations

from typing import Protocol


class SetOptions(Protocol):
    """Run the rest of the test with other options of the node, by their names in ``NodeOptions``."""

    def __call__(self, **changes: float) -> None: ...
