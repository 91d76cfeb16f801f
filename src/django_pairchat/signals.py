"""Signals for hosts, sent after the commit, and internal ones.

Every signal's sender is the class of the room or message it is about. A receiver that raises is logged, and the other
receivers are still called.
"""

from django.dispatch import Signal

room_opened = Signal()
"""``room``: a chat that did not exist before."""

message_sent = Signal()
"""``message``, ``room``."""

message_edited = Signal()
"""``message``, ``room``, ``before``: the text as it was."""

message_deleted = Signal()
"""``message``, ``room``, ``before``: the text as it was."""

message_reacted = Signal()
"""``message``, ``room``, ``user``, ``emoji`` (``None`` if the reaction was removed)."""

room_read = Signal()
"""``room``, ``user``, ``seq``: this user has now read all messages up to ``seq``."""

room_settings_changed = Signal()
"""``room``, ``user``, ``changes``: a dict of the new values."""

message_reported = Signal()
"""``room``, ``user``, ``reason``, ``message`` (``None`` if the report is about the whole chat)."""

message_held = Signal()
"""``room``, ``user``, ``held``: a message of this user waits for a decision."""

message_refused = Signal()
"""``room``, ``user``, ``held``: a held message was refused, and its sender told."""

past_messages_added = Signal()
"""Internal: ``room``, within the transaction that has added messages from another chat to it."""

events_published = Signal()
"""Internal, for ``realtime``: ``changes``, a list of the events in :mod:`django_pairchat.core.events`."""
