"""The table of check ids, from which the documentation is written."""

from __future__ import annotations

import re
from pathlib import Path

import django_pairchat
from django_pairchat import checks

CHECK_ID = re.compile(r"pairchat\.[EIW]\d{3}")


def test_the_table_lists_each_id_in_use_once_and_no_other() -> None:
    listed = CHECK_ID.findall(checks.__doc__ or "")
    code = "".join(path.read_text() for path in Path(django_pairchat.__file__).parent.rglob("*.py"))
    assert sorted(listed) == sorted(set(CHECK_ID.findall(code.replace(checks.__doc__ or "", ""))))
