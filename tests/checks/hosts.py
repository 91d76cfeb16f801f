"""A host project of its own for one run of the checks, for mistakes that are made before Django has started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import json, sys
import django
from django.conf import settings
from django.core.checks import run_checks
from tests.settings import base
given = {name: getattr(base, name) for name in dir(base) if name.isupper()}
given |= json.loads(sys.argv[1])
settings.configure(**given)
django.setup()
found = run_checks(include_deployment_checks=given.get("DEPLOY", False))
print(json.dumps([[message.id, message.level, message.msg, message.hint or ""] for message in found]))
"""


def check_host(**given: Any) -> list[list[Any]]:
    """What ``check`` finds in a project with these settings beside the usual ones: id, level, message, hint."""
    command = [sys.executable, "-c", RUN, json.dumps(given)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def ids(found: list[list[Any]]) -> list[str]:
    return [message[0] for message in found]
