"""Limits that no test meets, but one of the limits itself."""

from __future__ import annotations

import json
from typing import Final

from django_pairchat.conf import DEFAULT_RATES

HIGH: Final[dict[str, tuple[int, int]]] = {
    kind: (1000 * per_minute, 1000 * burst) for kind, (per_minute, burst) in DEFAULT_RATES.items()
}


def known_to(conf: str) -> str:
    """The same as JSON, but for kinds that an earlier build does not know, whose ``conf.py`` this is the text of."""
    return json.dumps({kind: rate for kind, rate in HIGH.items() if f'"{kind}"' in conf})


ENVIRONMENT: Final = {
    "PAIRCHAT_RATES": json.dumps(HIGH),
    # A run has more rooms than one person opens on a day.
    "PAIRCHAT_NEW_ROOMS_PER_DAY": "1000000",
    "PAIRCHAT_UPLOAD_BYTES_PER_DAY": str(2**40),
}
"""As the example project reads it."""
