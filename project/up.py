"""The whole site from one command: `python -m project.up`, which is `make run`.

1. Take the lock of the folder for data, and look whether the port is free.
2. Start the embedded Redis server, unless REDIS_URL names another.
3. Prepare: tables, demo user and data, sample workbooks.
4. Start web server, worker and beat, and wait until each really answers.
5. Say where the site is; then watch until Ctrl-C or until one of them ends.
6. Stop in the order beat, web, worker, Redis, each with time to finish its work.

From the environment: HOST (127.0.0.1), PORT (8000; 0 takes any free one), WORKERS (2
processes), SHORT_WORKERS (1 more for short jobs alone), UP_READY_FILE (a file that gets a
JSON object once the site is ready), and whatever project/settings.py reads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from project import embedded_redis
from project.children import Child, Console
from project.environment import Environment
from project.folder_lock import FolderInUse, lock_folder
from project.queue_settings import DATAIO_SHORT_QUEUE as SHORT
from project.readiness import beat_lives, web_answers, worker_answers

READY_WITHIN = 90.0  # seconds
WORKER_GRACE = 30.0
POLL = 0.1


class Stopped(Exception):
    """Someone asked us to stop."""


class Failed(Exception):
    """The site cannot go on; the text says why in one sentence."""


class Up:
    """The running site."""

    def __init__(self, environment: Environment) -> None:
        self.var = environment.var
        self.host = environment.text("HOST", "127.0.0.1")
        self.port = environment.whole("PORT", 8000, most=65_535)
        self.usual_ports = self.port != 0
        self.workers = environment.whole("WORKERS", 2, least=1)
        self.short_workers = environment.whole("SHORT_WORKERS", 1)
        self.ready_file = environment.text("UP_READY_FILE", "")
        self.redis_url = environment.text("REDIS_URL", "")
        self.console = Console(sys.stdout)
        # In the order they start; they stop from the end.
        self.children: list[Child] = []
        self.lock = -1
        self._asked = 0
        # From then on nothing is waited for but the end.
        self._announced = False

    def run(self) -> int:
        """Run until the end; return the exit code."""
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)
        reason = ""
        try:
            self._begin()
            self._announce()
            self._wait(lambda: False)
        except Stopped:
            self.console.say("\nStopping. Press Ctrl-C again to stop at once.")
        except (Failed, FolderInUse) as failure:
            reason = str(failure)
        self._stop()
        # Last, where it is seen.
        self.console.say(reason or "Stopped.")
        return 1 if reason else 0

    def _begin(self) -> None:
        self.lock = lock_folder(self.var)
        self._choose_port()
        self._start_redis()
        self._prepare()
        self._start_site()

    def _choose_port(self) -> None:
        if self.port == 0:
            self.port = embedded_redis.free_port()
        elif not embedded_redis.port_is_free(self.port, self.host):
            raise Failed(
                f"Port {self.port} is taken by another program. Stop that program, or "
                f"choose another port: PORT={self.port + 1} make run"
            )

    def _start_redis(self) -> None:
        if self.redis_url:
            if not embedded_redis.answers(self.redis_url):
                raise Failed(
                    f'No Redis server answers at REDIS_URL "{self.redis_url}".'
                )
            return
        folder = self.var / "redis"
        # Several sites of one machine that start at the same moment want the same port.
        usual = embedded_redis.USUAL_PORT if self.usual_ports else 0
        port = embedded_redis.free_port(usual)
        self.redis_url = embedded_redis.url_at(port)
        command = embedded_redis.command(folder, port)
        hidden = embedded_redis.ORDINARY_LINES
        self._start(Child("redis", command, grace=5, hidden=hidden))
        self._wait(lambda: embedded_redis.answers(self.redis_url))
        embedded_redis.remember_url(folder, self.redis_url)

    def _prepare(self) -> None:
        # The readiness checks below run in this process and ask the same settings.
        os.environ["REDIS_URL"] = self.redis_url
        os.environ.setdefault("DATAIO_SITE_URL", self._url)
        setup = Child("setup", _python("project.prepare"), grace=5)
        self._start(setup)
        self._wait(lambda: setup.code == 0, may_end=setup)
        self.children.remove(setup)

    def _start_site(self) -> None:
        started = time.time()
        nodes = [f"up-{os.getpid()}@localhost"]
        url = f"http://{self.host}:{self.port}/healthz"
        self._start_worker("worker", nodes[0], self.workers)
        if self.short_workers:
            nodes.append(f"short-{os.getpid()}@localhost")
            self._start_worker("short", nodes[1], self.short_workers, "-Q", SHORT)
        self._start(Child("web", self._web(), grace=10))
        self._start(Child("beat", _celery("beat", "-l", "WARNING"), grace=5))
        self._wait(lambda: web_answers(url))
        self._wait(lambda: beat_lives(self.var / "beat" / "alive", started))
        self._wait(lambda: all(map(worker_answers, nodes)))

    def _web(self) -> list[str]:
        address = ["--host", self.host, "--port", str(self.port)]
        quiet = ["--log-level", "warning", "--no-access-log", "--lifespan", "off"]
        # Its lines go the way of all others, where they are masked.
        quiet += ["--log-config", "project/uvicorn_logs.json"]
        # Sockets and downloads that are open get this long to end by themselves.
        patience = ["--timeout-graceful-shutdown", "5"]
        # Packing a few hundred bytes takes longer than sending them, to a thousand people.
        options = [*quiet, *patience, "--ws-per-message-deflate", "false"]
        return _python("uvicorn", "project.asgi:application", *address, *options)

    def _start_worker(self, name: str, node: str, count: int, *options: str) -> None:
        alone = ["--without-gossip", "--without-mingle", "-l", "INFO"]
        command = _celery("worker", "-n", node, "-c", str(count), *alone, *options)
        self._start(Child(name, command, grace=WORKER_GRACE))

    def _start(self, child: Child) -> None:
        child.start(self.console, os.environ, hold=(self.lock,))
        self.children.append(child)

    def _wait(self, ready: Callable[[], bool], *, may_end: Child | None = None) -> None:
        """Wait until `ready`; leave by an exception if asked to, or if a child ends."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            if self._asked:
                raise Stopped
            for child in self.children:
                if child.code is not None and not (
                    child is may_end and child.code == 0
                ):
                    child.drain()
                    raise Failed(_ended(child))
            if ready():
                return
            if not self._announced and time.monotonic() > deadline:
                raise Failed(
                    f"The site was not ready after {READY_WITHIN:.0f} seconds."
                )
            time.sleep(POLL)

    @property
    def _url(self) -> str:
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0") else self.host  # noqa: S104
        return f"http://{host}:{self.port}/"

    def _announce(self) -> None:
        url = self._url
        samples = sorted((self.var / "samples").glob("*.xlsx"))
        self._announced = True
        self.console.say(_welcome(url, samples))
        if self.ready_file:
            self._write_ready_file(Path(self.ready_file), url)

    def _write_ready_file(self, path: Path, url: str) -> None:
        facts = {
            "url": url,
            "redis_url": self.redis_url,
            "samples": str(self.var / "samples"),
            "pids": {child.name: child.pid for child in self.children},
        }
        draft = path.with_name(f"{path.name}.part")
        draft.write_text(json.dumps(facts))
        draft.replace(path)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _stop(self) -> None:
        order = ["setup", "beat", "web", "short", "worker", "redis"]
        # Another Ctrl-C, from now on, means at once.
        enough = max(self._asked, 1)
        for child in sorted(self.children, key=lambda child: order.index(child.name)):
            child.ask_to_stop()
            deadline = time.monotonic() + child.grace
            while child.runs and time.monotonic() < deadline:
                if self._asked > enough:
                    break
                time.sleep(POLL / 2)
            child.force()
            child.drain()


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _celery(*arguments: str) -> list[str]:
    return _python("celery", "-q", "-A", "project.celery", *arguments)


def _ended(child: Child) -> str:
    code = child.code or 0
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f'"{child.name}" {how}, so everything stopped. Its last lines are above.'


def _welcome(url: str, samples: list[Path]) -> str:
    rows = "\n".join(f"            {path}" for path in samples)
    return (
        "\ndataio is ready.\n\n"
        f"  Open      {url}\n"
        "  Log in    demo / demo\n"
        f"  Try       {rows.strip()}\n"
        "  Stop      Ctrl-C\n"
    )


if __name__ == "__main__":
    sys.exit(Up(Environment()).run())
