"""Makes the links of a Markdown file absolute: ``python absolute_links.py README.md https://host/owner/name v1.0.0``.

The file is changed in place. A package index shows the README without the files that stand beside it. Pages become
links to the files as they are at that tag, and pictures to their bytes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

LINK: Final = re.compile(r"(?P<before>(?P<picture>!?)\[[^\]]*\]\()(?P<target>[^)\s]+)(?P<after>\))")
CODE: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def with_absolute_links(text: str, repository: str, tag: str) -> str:
    """Return the text with links of this repository at this tag. What is inside of blocks of code stays as it is."""

    def absolute(found: re.Match[str]) -> str:
        target = found["target"]
        if target.startswith("#") or "://" in target:
            return found[0]
        kind = "raw" if found["picture"] else "blob"
        return f"{found['before']}{repository}/{kind}/{tag}/{target}{found['after']}"

    parts = CODE.split(text)
    parts[::2] = [LINK.sub(absolute, part) for part in parts[::2]]
    return "".join(parts)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_absolute_links(page.read_text("utf-8"), *sys.argv[2:4]), "utf-8")
