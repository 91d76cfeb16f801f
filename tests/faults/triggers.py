"""What makes a worker misbehave: texts of messages, and the names of the people who come."""

from __future__ import annotations

from typing import Final

DIE_BEFORE_THE_ANSWER: Final = "the worker dies before it answers"
DIE_BEFORE_THE_PUBLISH: Final = "the worker dies before it tells the others"

ORDINARY: Final = "p"
UNLUCKY: Final = "unlucky"
LAST: Final = "last"
# Each is the name of a hook that raises for its people.
HOOKS: Final = (
    "get_user",
    "is_still_allowed",
    "on_connect",
    "on_disconnect",
    "filter_event",
    "can_send",
    "check_content",
    "receiver",
)
