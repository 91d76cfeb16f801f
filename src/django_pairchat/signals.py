"""What a host can listen to, sent after the commit, and the one internal signal that the live layer hears.

Every signal's sender is the class of the room or message it is about. A receiver that raises is logged and
disturbs nobody else.
"""

from django.dispatch import Signal

room_opened = Signal()
"""``room``: a conversation that did not exist before."""

message_sent = Signal()
"""``message``, ``room``."""

message_edited = Signal()
"""``message``, ``room``, ``before``: the text as it was."""

message_deleted = Signal()
"""``message``, ``room``, ``before``: the text as it was."""

message_reacted = Signal()
"""``message``, ``room``, ``user``, ``emoji`` (``None`` when taken back)."""

room_read = Signal()
"""``room``, ``user``, ``seq``: this user has now read up to there."""

room_settings_changed = Signal()
"""``room``, ``user``, ``changes``: a dict of the new values."""

message_reported = Signal()
"""``room``, ``user``, ``reason``, ``message`` (``None`` when the whole conversation is meant)."""

changes_announced = Signal()
"""Internal: ``changes``, a list of what :mod:`django_pairchat.services.announcements` describes."""
