"""Verdicts about a text that a person wrote, which ``Policy.review()`` returns, and detectors to come to one."""

from .contacts import KINDS, Contact, find_contacts
from .verdicts import MASK, Allow, Hold, Mask, Reject, Span, Verdict, Warn

__all__ = [
    "KINDS",
    "MASK",
    "Allow",
    "Contact",
    "Hold",
    "Mask",
    "Reject",
    "Span",
    "Verdict",
    "Warn",
    "find_contacts",
]
