"""The shipped detectors together: ways to reach a person outside of the chat, in the text of a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from .account_numbers import account_numbers
from .hosts import lookalike_hosts
from .mail_addresses import mail_addresses
from .messengers import messenger_names
from .phone_numbers import phone_numbers
from .plain_text import plain_text
from .verdicts import Span

PHONE: Final = "phone"
ACCOUNT: Final = "account"
EMAIL: Final = "email"
MESSENGER: Final = "messenger"
HOST: Final = "host"

_DETECTORS: Final[dict[str, Callable[[str], Iterator[Span]]]] = {
    EMAIL: mail_addresses,
    MESSENGER: messenger_names,
    ACCOUNT: account_numbers,
    PHONE: phone_numbers,
}
"""In the order in which one takes precedence over another in the same place."""
KINDS: Final = (*_DETECTORS, HOST)


class Contact(NamedTuple):
    """Something in a text that leads out of the chat: its kind, and where it starts and ends."""

    kind: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.start, self.end


def find_contacts(text: str, *, kinds: Collection[str] = KINDS, hosts: Collection[str] = ()) -> list[Contact]:
    """Return what leads out of the chat in this text, in the order of the text. No two of them overlap.

    ``kinds`` are some of ``"phone"``, ``"account"``, ``"email"``, ``"messenger"`` and ``"host"``. ``hosts`` are the
    site's own: a ``"host"`` is one that looks like one of them, or that mixes scripts to look like any.
    """
    plain = plain_text(text)
    found: list[Contact] = []
    for kind, detect in _DETECTORS.items():
        if kind in kinds:
            _add(found, kind, detect(plain))
    if HOST in kinds:
        _add(found, HOST, lookalike_hosts(text, hosts))
    return sorted(found, key=lambda contact: contact.start)


def _add(found: list[Contact], kind: str, spans: Iterator[Span]) -> None:
    for start, end in spans:
        if all(end <= other.start or start >= other.end for other in found):
            found.append(Contact(kind, start, end))
