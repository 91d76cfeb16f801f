"""Teaches tox which environments this machine cannot run, and keeps what came of each for the ``report`` one.

An environment names in ``needs`` what must be there (see ``tests/tools/reach.py``). Without it tox skips the
environment, or fails it when ``PAIRCHAT_REQUIRE=all``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tox.config.sets import EnvConfigSet
from tox.execute.api import Outcome
from tox.plugin import impl
from tox.session.state import State
from tox.tox_env.api import ToxEnv
from tox.tox_env.errors import Fail, Skip
from tox.tox_env.runner import RunToxEnv

REACH = Path(__file__).parent / "tests" / "tools" / "reach.py"
EVERYTHING_REQUIRED = os.environ.get("PAIRCHAT_REQUIRE") == "all"
REPORT = "report"

STARTED: dict[str, float] = {}
OUTCOMES: dict[str, dict[str, Any]] = {}


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:
    env_conf.add_config("needs", of_type=list[str], default=[], desc="what the machine must have")


@impl
def tox_on_install(tox_env: ToxEnv, arguments: object, section: str, of_type: str) -> None:
    STARTED.setdefault(tox_env.name, time.monotonic())
    leave_out_without_its_needs(tox_env, sys.executable)


@impl
def tox_before_run_commands(tox_env: ToxEnv) -> None:
    STARTED.setdefault(tox_env.name, time.monotonic())
    leave_out_without_its_needs(tox_env, str(tox_env.conf["env_python"]))
    if tox_env.name == REPORT:
        target = tox_env.core["work_dir"] / "outcomes.json"
        target.write_text(json.dumps(OUTCOMES, indent=1), "utf-8")


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int, outcomes: list[Outcome]) -> None:
    record(tox_env, "failed" if exit_code else "passed")


@impl
def tox_env_teardown(tox_env: ToxEnv) -> None:
    if not isinstance(tox_env, RunToxEnv) or tox_env.name in OUTCOMES:
        return
    if Path(tox_env.conf["env_python"]).exists():
        record(tox_env, "failed", "it could not be installed")
    else:
        version = tox_env.conf["base_python"][0].replace("py3", "Python 3.")
        record(tox_env, "left out", f"{version} is not on this machine and could not be fetched: install it")


def leave_out_without_its_needs(tox_env: ToxEnv, python: str) -> None:
    needs = tox_env.conf["needs"]
    if not needs:
        return
    asked = subprocess.run([python, REACH, *needs], capture_output=True, text=True, check=False)
    if asked.returncode:
        reason = (asked.stdout or asked.stderr).strip()
        record(tox_env, "left out", reason)
        raise Fail(reason) if EVERYTHING_REQUIRED else Skip(reason)


def record(tox_env: ToxEnv, state: str, reason: str = "") -> None:
    OUTCOMES[tox_env.name] = {
        "state": state,
        "reason": reason,
        "seconds": round(time.monotonic() - STARTED.get(tox_env.name, time.monotonic())),
        "results": sorted(map(str, Path(tox_env.conf["env_tmp_dir"]).glob("*.junit.xml"))),
    }
