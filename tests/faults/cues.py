"""What makes a worker misbehave: texts of messages, and the names of the people who come."""

from __future__ import annotations

DIE_BEFORE_THE_ANSWER = "the worker dies before it answers"
DIE_BEFORE_THE_PUBLISH = "the worker dies before it tells the others"

ORDINARY = "p"
UNLUCKY = "unlucky"
LAST = "last"
# Each is the name of a hook that raises for its people.
HOOKS = (
    "get_user",
    "still_allowed",
    "connected",
    "disconnected",
    "filter_frame",
    "can_send",
    "check_content",
    "receiver",
)
