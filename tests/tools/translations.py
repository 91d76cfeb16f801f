"""Checks that each committed ``.mo`` is its ``.po`` compiled: ``python translations.py FOLDER …``."""

from __future__ import annotations

import gettext
import subprocess
import sys
import tempfile
from pathlib import Path


def catalogue(path: Path) -> dict[object, str]:
    """The translations of a ``.mo`` file, without its header; compilers differ in the bytes around them."""
    with path.open("rb") as file:
        entries: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key: text for key, text in entries.items() if key}


def fault(source: Path) -> str | None:
    """What is wrong with the compiled form of ``source``, or None."""
    compiled = source.with_suffix(".mo")
    if not compiled.exists():
        return f"{compiled} is missing"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.mo"
        ran = subprocess.run(["msgfmt", "--check", "-o", fresh, source], capture_output=True, text=True, check=False)
        if ran.returncode:
            return ran.stderr.strip()
        return None if catalogue(fresh) == catalogue(compiled) else f"{compiled} is older than its source"


def main(folders: list[str]) -> int:
    sources = sorted(source for folder in folders for source in Path(folder).rglob("*.po"))
    faults = [said for source in sources if (said := fault(source))]
    print("\n".join([*faults, f"{len(sources)} catalogues compared, {len(faults)} to compile again"]))
    if faults:
        print("Compile them with: python -m django compilemessages")
    return 1 if faults or not sources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
