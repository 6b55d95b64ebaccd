"""Where contestants run: one database and one site on it, with its real workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.watch import watched
from tests.postgres import start_postgres
from tests.stack import ROOT, environment_for, running_stack

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = (SQLITE, POSTGRESQL)
SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "LOG_LEVEL": "ERROR"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A running site."""

    database: str
    url: str
    var: Path
    environment: dict[str, str]
    """What a command needs to work on this site."""
    families: dict[str, int]
    """First process of each family that works for it: worker, web, redis, beat, postgresql."""

    def run(self, module: str, *arguments: str, **extra: str) -> dict[str, Any]:
        """Run a module in a process of its own; return the JSON it prints last.

        Adds `peak_mb`, the greatest memory of a process in each family in MB.
        """
        command = [sys.executable, "-m", module, *arguments]
        environment = {**self.environment, **extra, "BENCH_FAMILIES": self._pids}
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with watched({**self.families, "itself": child.pid}) as peaks:
            said, errors = child.communicate()
        assert child.returncode == 0, f"{' '.join(command)} failed: {errors[-3_000:]}"
        told: dict[str, Any] = json.loads(said.splitlines()[-1])
        return {**told, "peak_mb": peaks.megabytes}

    @property
    def _pids(self) -> str:
        return ",".join(map(str, self.families.values()))


@contextmanager
def place(database: str) -> Iterator[Place]:
    """Start the database and the site, and stop them at the end, also when told to end."""
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="dataio-bench-") as folder:
        var = Path(folder) / "var"
        with _server(database) as (address, pid):
            extra = SETTINGS | ({"DATABASE_URL": address} if address else {})
            _migrate(environment_for(var, **extra))
            with running_stack(var, **extra) as site:
                families = {name: one for name, one in site.pids.items() if one}
                yield Place(
                    database=database,
                    url=site.url,
                    var=var,
                    environment=site.environment,
                    families=families | ({"postgresql": pid} if pid else {}),
                )


@contextmanager
def _server(database: str) -> Iterator[tuple[str, int]]:
    """Start PostgreSQL as it comes, which keeps what it says; yield address and process."""
    if database == SQLITE:
        yield "", 0
        return
    before = {one.pid for one in psutil.Process().children()}
    servers = start_postgres(durable=True)
    address = next(servers)
    started = [one for one in psutil.Process().children() if one.pid not in before]
    try:
        yield address, started[0].pid
    finally:
        next(servers, None)


def _migrate(environment: dict[str, str]) -> None:
    """Make all tables, the peers' own too."""
    Path(environment["DATAIO_VAR"]).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.tables"]
    environment = {**os.environ, **environment, "BENCH_PEERS": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
