"""The stack of `make run`, started for tests as a person would start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 120  # seconds


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running site."""

    url: str
    """Such as http://localhost:41234/, with the slash."""
    redis_url: str
    samples: Path
    """The folder with the sample workbooks."""
    var: Path
    """The folder with all its files, var/ of a site at home."""
    pids: dict[str, int]
    """Process ids of redis, worker, web and beat."""
    environment: dict[str, str]
    """What a command needs to work on the same site."""
    supervisor: subprocess.Popen[str]
    log: Path

    def manage(self, *arguments: str) -> str:
        """Run manage.py on this site and return what it says."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one SQL statement that returns rows on this site's database."""
        if address := self.environment.get("DATABASE_URL"):
            import psycopg

            with psycopg.connect(address) as connection:
                return connection.execute(statement.encode()).fetchall()
        import sqlite3

        file = sqlite3.connect(self.var / "db.sqlite3", timeout=20)
        try:
            with file:  # commits, as the other one does
                return file.execute(statement).fetchall()
        finally:
            file.close()

    def said(self) -> str:
        """Everything the site has written so far."""
        return self.log.read_text()


def environment_for(var: Path, **extra: str) -> dict[str, str]:
    """The environment of a site of its own in `var`, on any free port.

    STACK_DATABASE_URL, STACK_BROKER_URL and STACK_REDIS_URL put it on other services;
    "{worker}" in them is master, or gw0, gw1 ... for tests in parallel, whose sites must
    not take each other's jobs.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "master")
    names = ("DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL")
    chosen = ("STACK_DATABASE_URL", "STACK_BROKER_URL", "STACK_REDIS_URL")
    services = {
        name: os.environ.get(variable, "").replace("{worker}", worker)
        for name, variable in zip(names, chosen, strict=True)
    }
    own = {
        "DATAIO_VAR": str(var),
        "PORT": "0",
        "UP_READY_FILE": str(var / "ready"),
        "SHORT_WORKERS": "0",  # its worker takes short jobs, too
        # Most tests are about other things than rights, and quicker than any person.
        "DATAIO_EVERYBODY_MAY": "import,export,undo,share",
        "DATAIO_UPLOADS_PER_MINUTE": "0",
        "DATAIO_STARTS_PER_MINUTE": "0",
    }
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in services and not name.startswith(("DJANGO_", "PYTEST_"))
    }
    found = {name: value for name, value in services.items() if value}
    return {**inherited, **found, **own, **extra}


def start_up(environment: dict[str, str], log: Path) -> subprocess.Popen[str]:
    """Start `python -m project.up` in a session of its own, its words in `log`."""
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "project.up"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@contextmanager
def running_stack(var: Path, **extra: str) -> Iterator[Stack]:
    """Start a site in `var`, stop it at the end, and see that nothing is left of it."""
    var.mkdir(parents=True, exist_ok=True)
    environment = environment_for(var, **extra)
    log = var / "log"
    supervisor = start_up(environment, log)
    try:
        facts = _wait_until_ready(supervisor, var / "ready", log)
        family = psutil.Process(supervisor.pid).children(recursive=True)
        yield Stack(
            url=facts["url"],
            redis_url=facts["redis_url"],
            samples=Path(facts["samples"]),
            var=var,
            pids=facts["pids"],
            environment={**environment, "REDIS_URL": facts["redis_url"]},
            supervisor=supervisor,
            log=log,
        )
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(timeout=60)
    assert not left(family), f"left behind: {left(family)}"


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run two seconds from now."""
    psutil.wait_procs(processes, timeout=2)
    return [
        process
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def _wait_until_ready(
    supervisor: subprocess.Popen[str], ready: Path, log: Path
) -> dict[str, Any]:
    deadline = time.monotonic() + READY_WITHIN
    while not ready.exists():
        assert supervisor.poll() is None, f"the site ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"the site is not up:\n{log.read_text()}"
        time.sleep(0.1)
    facts: dict[str, Any] = json.loads(ready.read_text())
    return facts
