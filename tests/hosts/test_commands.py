"""What ``manage.py`` says in each host."""

from __future__ import annotations

import subprocess
import sys

from .served import Host


def command(host: Host, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=host.project,
        env=host.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_checks_are_silent(host: Host) -> None:
    said = command(host, "check", "--fail-level", "INFO")
    assert (said.returncode, said.stderr) == (0, ""), said.stdout + said.stderr


def test_the_doctor_finds_nothing_wrong(host: Host) -> None:
    said = command(host, "pairchat_doctor", "--url", f"{host.url}/", "--user", "2")
    assert said.returncode == 0, said.stdout + said.stderr
