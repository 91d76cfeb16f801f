#!/bin/sh
# pytest-xdist 3.8.0 with pytest 9.2.0: --dist loadgroup spreads the tests of one group over all workers.
#
# Expected: tests with the same mark xdist_group run on one worker, one after the other, as the documentation of
# --dist loadgroup says; where that is not possible, an error or a warning.
# Seen: with pytest 9.1.0 they do, and their ids end in "@" and the group's name. With pytest 9.2.0 the ids have no such
# ending, the tests are spread as with --dist load, and nothing is said. Tests that share a server or a file by their
# group then meet each other.
#
# Seen on 29 November 2026 with Python 3.11. Needs no server.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > test_group.py <<'PYTHON'
import time

import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_one_group(number, worker_id):
    time.sleep(0.05)
    with open("workers", "a") as workers:
        workers.write(f"{worker_id}\n")
PYTHON
workers_used() { # version of pytest: how many workers had tests of the group
  python3 -m venv "venv-$1"
  "venv-$1/bin/pip" install -q "pytest==$1" pytest-xdist==3.8.0
  rm -f workers
  "venv-$1/bin/python" -m pytest -q -n 2 --dist loadgroup -p no:cacheprovider > out
  grep -q '8 passed' out
  sort -u workers | wc -l
}
before=$(workers_used 9.1.0)
after=$(workers_used 9.2.0)
echo "pytest-xdist 3.8.0, workers that run one group: $before with pytest 9.1.0, $after with pytest 9.2.0"
if [ "$before" -eq 1 ] && [ "$after" -eq 2 ]; then echo "as told"; else echo "NOT as told"; exit 1; fi
