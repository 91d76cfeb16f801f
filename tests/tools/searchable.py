"""Says which words a search of the built documentation does not find: ``python searchable.py path/to/html``.

Exits with 1 when there are any. The words are those with which people come: what they use, want, or see go wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import snowballstemmer

WORDS: Final = (
    *("403", "404", "500", "allauth", "block", "caddy", "docker", "email", "flutter", "gdpr", "group", "htmx", "jwt"),
    *("mobile", "nginx", "oscar", "pgbouncer", "polling", "push", "react", "redis", "tailwind", "tenants", "turbo"),
    *("uninstall", "vue", "wagtail", "websocket"),
)
START: Final = "Search.setIndex("


def missing(html: Path) -> list[str]:
    """The words that neither stand on a page nor are an entry of the index."""
    script = (html / "searchindex.js").read_text("utf-8")
    found: dict[str, Any] = json.loads(script.removeprefix(START).rstrip().removesuffix(";").removesuffix(")"))
    stem = snowballstemmer.stemmer("english").stemWord
    known = found["terms"].keys() | found["titleterms"].keys() | found["indexentries"].keys()
    return [word for word in WORDS if not {word, stem(word)} & known]


if __name__ == "__main__":
    lost = missing(Path(sys.argv[1]))
    print("The search finds all words." if not lost else f"The search does not find: {', '.join(lost)}.")
    sys.exit(bool(lost))
