"""PgBouncer as a process of the tests' own, configured with the block of the guide."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tests.faults.machines import free_port
from tests.tools.reach import program

from .programs import blocks, end, started


class PgBouncer:
    """The guide's pool before one database; only names, ports and the login are others than on the page."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self._database = urlsplit(database_url)
        self._port = free_port()

    @property
    def url(self) -> str:
        """Of the database, through the pool."""
        return urlunsplit(self._database._replace(netloc=f"shop:unused@127.0.0.1:{self._port}", path="/shop"))

    def __enter__(self) -> Self:
        configuration = self._folder / "pgbouncer.ini"
        configuration.write_text(self._configuration(self._database))
        # It refuses to be root.
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program("pgbouncer"), *user, configuration]
        self._process = started(command, self._folder / "pgbouncer.log", self._listens)
        return self

    def __exit__(self, *exception: object) -> None:
        end(self._process)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True

    def _configuration(self, database: SplitResult) -> str:
        [block] = blocks("ini")
        login = f" user={database.username or 'postgres'} password={database.password or 'unused'}"
        target = f"host={database.hostname} port={database.port or 5432} dbname={database.path[1:]}{login}"
        for there, here in (
            ("host=127.0.0.1 port=5432 dbname=shop", target),
            ("listen_port = 6432", f"listen_port = {self._port}"),
            # The login of the tests stands in the first line, so that no file of passwords is needed.
            ("auth_type = scram-sha-256", "auth_type = any"),
            ("auth_file = /etc/pgbouncer/userlist.txt\n", ""),
        ):
            assert there in block, there
            block = block.replace(there, here)
        return f"{block}unix_socket_dir =\n"
