#!/bin/sh
# Sphinx 9.0.4: a search in the built documentation no longer finds a word of digits only, such as the status 403, although
# it stands in the text and in a heading. Sphinx 8.2.3 found it.
#
# Expected: a reader who searches for the number in an error message finds the page that explains it.
# Seen: with 9.0.4, searchindex.js has no term "403", neither of the text nor of the title, and the build says nothing about
# it; "E403" is there. An entry of the index (the directive "index") with the number alone is kept in both.
#
# Seen on 1 December 2026 with Sphinx 9.0.4 and 8.2.3, Python 3.11. Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/docs"
printf 'project = "errors"\n' > "$folder/docs/conf.py"
cat > "$folder/docs/index.rst" <<'RST'
Answered with 403
=================

.. index:: 404

The handshake was answered with 403, which the log calls E403.
RST
cat > "$folder/finding.py" <<'PYTHON'
import json
import sys
from importlib.metadata import version
from pathlib import Path

script = Path(sys.argv[1], "searchindex.js").read_text("utf-8").strip()
index = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))
terms = index["terms"].keys() | index["titleterms"].keys()
print(f"Sphinx {version('sphinx')}: terms {sorted(terms & {'403', 'e403'})}, entries {sorted(index['indexentries'])}")
kept = {"8.2.3": True, "9.0.4": False}[version("sphinx")]
sys.exit(not ("e403" in terms and ("403" in terms) is kept and "404" in index["indexentries"]))
PYTHON
for sphinx in 8.2.3 9.0.4; do
  python3 -m venv "$folder/$sphinx"
  "$folder/$sphinx/bin/pip" install -q "sphinx==$sphinx"
  "$folder/$sphinx/bin/sphinx-build" -q -b html "$folder/docs" "$folder/html-$sphinx"
  "$folder/$sphinx/bin/python" "$folder/finding.py" "$folder/html-$sphinx"
done
