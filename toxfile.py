"""Teaches tox how to run everything on one machine, and keeps what came of each environment for the ``report`` one.

Three environments run at a time, and each says when it begins and ends. A Python that is missing is fetched from Debian
where uv cannot fetch it. An environment names in ``needs`` what must be there (see ``tests/tools/reach.py``). Without
it tox skips the environment, or fails it when ``PAIRCHAT_REQUIRE=all``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tox.config.cli.parser import Parsed
from tox.config.sets import ConfigSet, EnvConfigSet
from tox.config.types import EnvList
from tox.execute.api import Outcome
from tox.plugin import impl
from tox.session.state import State
from tox.tox_env.api import ToxEnv
from tox.tox_env.errors import Fail, Skip
from tox.tox_env.runner import RunToxEnv

REACH = Path(__file__).parent / "tests" / "tools" / "reach.py"
EVERYTHING_REQUIRED = os.environ.get("PAIRCHAT_REQUIRE") == "all"
REPORT = "report"
ROOT = Path(__file__).parent
PYTHONS = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "django_pairchat"

RUNNING = {"run", "r", "run-parallel", "p", "legacy", "le", "devenv", "d", "exec", "e"}

STARTED: dict[str, float] = {}
OUTCOMES: dict[str, dict[str, Any]] = {}
CHOSEN: list[State] = []

# Most environments wait a good part of their time, for servers and pages. What one prints is shown if it fails.
os.environ.setdefault("TOX_PARALLEL", "3")
os.environ.setdefault("TOX_PARALLEL_NO_SPINNER", "1")


def runs_something(options: Parsed) -> bool:
    """Return whether this command runs environments, and does not only tell of them."""
    tells = any(getattr(options, flag, False) for flag in ("list_envs", "list_envs_all", "show_config"))
    return options.command in RUNNING and not tells


def asked_names(state: State) -> list[str]:
    """Return the names of the environments that this command asks for."""
    options, core = state.conf.options, state.conf.core
    # Some commands, such as "exec", know no labels and no factors.
    if labels := getattr(options, "labels", ()):
        # It is the selection of environments that adds the key, when it is first asked for.
        _ = state.envs
        known: dict[str, EnvList] = core["labels"]
        return [name for label in labels for name in known.get(label, [])]
    if getattr(options, "factors", ()) or options.env.is_all:
        return list(state.conf)
    return list(core["env_list"] if options.env.is_default_list else options.env)


def asked_pythons(names: list[str]) -> list[str]:
    """Return the versions that environments name, such as ``["3.11", "3.12"]``."""
    return [f"3.{minor}" for minor in dict.fromkeys(re.findall(r"\bpy3\.?(\d+)\b", " ".join(names)))]


def provide_pythons(versions: list[str]) -> None:
    """Put each of these Pythons on PATH: the machine's, pyenv's, one that uv has, or one of Debian's."""
    for version in versions:
        folder = PYTHONS / f"python{version}"
        # pyenv's shims are on PATH for Pythons that it then refuses to run.
        pyenv = next(Path.home().glob(f".pyenv/versions/{version}.*/bin"), None)
        if pyenv:
            os.environ["PATH"] = os.pathsep.join((str(pyenv), os.environ["PATH"]))
        elif not (shutil.which(f"python{version}") or (folder / "bin").exists() or uv_provides(version)):
            fetch_from_debian(version, folder)
        if (folder / "bin").exists():
            os.environ["PATH"] = os.pathsep.join((os.environ["PATH"], str(folder / "bin")))


def fetch_from_debian(version: str, folder: Path) -> None:
    """Unpack Debian's Python below a folder, where there is an ``apt-get``. tox says later what is missing."""
    if shutil.which("apt-get"):
        say(f"Python {version}: fetching it from Debian")
        subprocess.run([ROOT / "tests" / "tools" / "debian-python", version, folder], check=False)


def uv_provides(version: str) -> bool:
    """Return whether uv has this Python, or can fetch it."""
    try:
        from uv import find_uv_bin
    except ImportError:
        # This tox is about to install one that has it.
        return True
    commands = [[find_uv_bin(), "python", verb, "--quiet", version] for verb in ("find", "install")]
    return any(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in commands)


def say(line: str) -> None:
    """Print a line at once, also while what the environments print is held back."""
    print(line, file=sys.__stdout__, flush=True)


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    CHOSEN[:] = [state]
    options = state.conf.options
    if not runs_something(options):
        return
    names = [name for name in asked_names(state) if not (options.skip_env and re.match(options.skip_env, name))]
    provide_pythons(asked_pythons(names))
    if getattr(options, "parallel", 0) != 0 and len(names) > 1:
        os.environ.setdefault("PYTEST_XDIST_AUTO_NUM_WORKERS", "1")


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
    say(f"{tox_env.name}: begins")
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


def left_to_run() -> list[str]:
    """Return the names of the chosen environments that have not ended."""
    return [name for state in CHOSEN for name in state.envs.iter() if name not in {*OUTCOMES, REPORT}]


def record(tox_env: ToxEnv, state: str, reason: str = "") -> None:
    OUTCOMES[tox_env.name] = {
        "state": state,
        "reason": reason,
        "seconds": round(time.monotonic() - STARTED.get(tox_env.name, time.monotonic())),
        "results": sorted(map(str, Path(tox_env.conf["env_tmp_dir"]).glob("*.junit.xml"))),
    }
    left = left_to_run()
    say(f"{tox_env.name}: {state} after {OUTCOMES[tox_env.name]['seconds']} s; left: {', '.join(left) or 'none'}")
