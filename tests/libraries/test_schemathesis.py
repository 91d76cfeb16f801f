"""A server answers as its OpenAPI document says, whatever a tool that has read the document asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_pairchat import protocol, services
from tests.conftest import People
from tests.support.tokens import TOKENS_AND_SESSIONS, Tokens, token_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ.get("PAIRCHAT_TEST_DB", "sqlite") == "sqlite", reason="the server's threads need a database each"
    ),
]

TOKENS = {"AUTHENTICATION": TOKENS_AND_SESSIONS["AUTHENTICATION"][:1]}

EXAMPLES = "3"
HTTP_METHODS = {"get", "post", "put", "patch", "delete"}
DOCUMENT = json.loads(Path(protocol.__file__).with_name("openapi.json").read_text("utf-8"))
OPERATIONS = sum(len(HTTP_METHODS & path.keys()) for path in DOCUMENT["paths"].values())
CONFIG = """
headers = {{ Authorization = "Bearer {token}" }}
warnings = {{ fail-on = ["missing_auth"] }}

[parameters]
"path.room" = "{room}"
"path.seq" = 1
"header.X-Pairchat-User" = "{user}"

[[operations]]
include-operation-id = "delete"
parameters = {{ "path.seq" = 2 }}
"""
"""A person in a room. What one operation deletes is not what others look for."""
# What is valid by its schema may still name nothing that is there, or be no emoji.
NOT_CHECKED = "positive_data_acceptance"


@pytest.fixture
def site(live_server: Any, people: People, key: str, settings: Any, tmp_path: Path) -> Iterator[Any]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, **TOKENS, "SERVE_SCHEMA": True}
    settings.MEDIA_ROOT = str(tmp_path / "media")
    for text in ("one", "two"):
        services.send(key, people.minji, text)
    yield live_server
    Tokens.valid.clear()


def test_every_answer_is_one_of_the_document(site: Any, people: People, key: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(token=token_of(people.minji), room=key, user=people.minji.pk))
    program = shutil.which("st", path=str(Path(sys.executable).parent))
    assert program is not None
    ran = subprocess.run(
        [
            *(program, "--config-file", str(config), "run", f"{site.url}/chat/api/schema/"),
            *("--max-examples", EXAMPLES, "--seed", "1", "--continue-on-failure", "--no-color"),
            *("--phases", "coverage,fuzzing", "--exclude-checks", NOT_CHECKED),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout[-12_000:] + ran.stderr
    assert re.search(r"Tested: (\d+)", ran.stdout)[1] == str(OPERATIONS), ran.stdout
