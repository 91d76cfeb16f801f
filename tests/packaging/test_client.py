"""The client for programs runs where no Django is set up."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_client_imports_nothing_of_django() -> None:
    code = (
        "import sys; import django_pairchat.client;"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'django', 'channels', 'asgiref'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert said.stdout.strip() == "[]"
