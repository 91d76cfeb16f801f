"""The tenants' project as two processes serve it, which have a Redis between them."""

from __future__ import annotations

from typing import Final

HOSTS: Final = {"north": "localhost", "south": "127.0.0.1"}
