"""A site whose processes are started, killed and stopped one by one, as on a real machine."""

from __future__ import annotations

import http.cookiejar
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psutil
import redis
from celery import Celery
from kombu.exceptions import OperationalError
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from dataio.progress.store import RESCUE_KEY
from project import embedded_redis
from tests.stack import ROOT, environment_for, left

PATIENCE = 90.0  # seconds that anything may take on a machine that has much to do
POLL = 0.05
Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """Return what `look` finds, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(POLL)
    return found


class Site:
    """Redis, web, beat and workers as processes of their own, their words in `var`/logs."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.redis_port = embedded_redis.free_port()
        self.redis_url = embedded_redis.url_at(self.redis_port)
        self.broker_url = settings.get("CELERY_BROKER_URL", self.redis_url)
        self.port = embedded_redis.free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        own = {"REDIS_URL": self.redis_url, "DATAIO_SITE_URL": self.url}
        self.environment = environment_for(var, **own, **settings)
        # SQLite, and Redis as the broker too, wherever other tests have theirs.
        for name in {"DATABASE_URL", "CELERY_BROKER_URL"} - settings.keys():
            self.environment.pop(name, None)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping: dict[str, subprocess.Popen[bytes]] = {}
        self._family: dict[int, psutil.Process] = {}
        self._redis_since = 0.0
        (var / "logs").mkdir(parents=True)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own."""
        with (self.var / "logs" / name).open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def start_redis(self) -> None:
        """Start Redis, with what it held when it was killed."""
        folder = self.var / "redis"
        self._redis_since = time.time()
        self.start("redis", *embedded_redis.command(folder, self.redis_port))
        wait_for("Redis", lambda: embedded_redis.answers(self.redis_url))

    def start_web(self, *, ready: bool = True) -> None:
        """Start the web server; `ready`: and wait until it answers."""
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        options = ["--lifespan", "off", "--timeout-graceful-shutdown", "5"]
        self.python("web", "uvicorn", "project.asgi:application", *address, *options)
        if ready:
            wait_for("the web server", self.web_answers)

    def start_beat(self) -> None:
        self.python("beat", "celery", "-A", "project.celery", "beat", "-l", "INFO")

    def start_worker(self, name: str, *, ready: bool = True) -> None:
        """Start a worker; `ready`: and wait until it takes tasks."""
        options = ["-n", f"{name}@chaos", "-c", "2", "-l", "INFO"]
        quick = ["--without-gossip", "--without-mingle"]
        self.python(name, "celery", "-A", "project.celery", "worker", *options, *quick)
        if ready:
            wait_for(f"worker {name}", lambda: self.active(name) is not None)

    def wait_for_workers(self) -> None:
        """Wait until all workers take tasks."""
        for name in self.workers:
            wait_for(f"worker {name}", lambda who=name: self.active(who) is not None)

    @property
    def workers(self) -> list[str]:
        return [name for name in self.running if name.startswith("worker")]

    def python(self, name: str, module: str, *arguments: str) -> None:
        self.start(name, sys.executable, "-m", module, *arguments)

    def web_answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}healthz", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def active(self, name: str) -> list[dict[str, Any]] | None:
        """Return the tasks that a worker runs now; None when it does not answer."""
        node = f"{name}@chaos"
        # An app of our own: that of the site asks where no broker is, see tests/conftest.py.
        with Celery("chaos", broker=self.broker_url, set_as_current=False) as app:
            inspect = app.control.inspect(destination=[node], timeout=1.0)
            try:
                return (inspect.active() or {}).get(node)
            except (redis.RedisError, OperationalError, OSError):
                return None  # a connection of before Redis was killed

    def was_rescued(self) -> bool:
        """Tell whether beat has sent its task, and a worker done it, since Redis started."""
        with redis.Redis.from_url(self.redis_url) as client:
            stored = client.get(RESCUE_KEY)
        return stored is not None and int(stored) / 1000 > self._redis_since

    @property
    def messages(self) -> int:
        """How many messages wait or are worked on; those of the dead stay among them."""
        with redis.Redis.from_url(self.redis_url) as client:
            waiting = sum(client.llen(queue) for queue in ("dataio", "dataio-short"))
            return waiting + client.hlen("unacked")

    def leaves_alone(self, job: str) -> bool:
        """Tell whether every worker answers, and none works on a job."""
        tasks = [self.active(name) for name in self.workers]
        return None not in tasks and not any(_about(job, some or []) for some in tasks)

    def at_work(self, job: str) -> Iterator[tuple[str, int]]:
        """Yield worker and process id of each process that works on a job now."""
        for name in self.workers:
            for task in _about(job, self.active(name) or []):
                yield name, task["worker_pid"]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let all processes that run tasks stand still; their workers still answer."""
        children = [
            child
            for name in self.workers
            for child in self._note(self.running[name], recursive=False)
        ]
        for child in children:
            with _gone():
                child.suspend()
        try:
            yield
        finally:
            for child in children:
                with _gone():
                    child.resume()

    def kill(self, name: str, *, whole: bool = True) -> None:
        """kill -9; `whole`: its children too, as when the machine goes."""
        process = self.running.pop(name)
        family = self._note(process)
        process.kill()
        for child in family if whole else []:
            with _gone():
                child.kill()
        process.wait(timeout=20)

    def ask_to_stop(self, name: str) -> subprocess.Popen[bytes]:
        """SIGTERM, as a deploy sends it."""
        self.stopping[name] = process = self.running.pop(name)
        self._note(process)
        process.send_signal(signal.SIGTERM)
        return process

    def stopped(self, name: str) -> int | None:
        """Return the exit code of a process that was asked to stop, None while it runs."""
        return self.stopping[name].poll()

    def all_live(self) -> bool:
        """Tell whether no process has ended that was not asked to."""
        return all(process.poll() is None for process in self.running.values())

    @contextmanager
    def asleep(self, *names: str) -> Iterator[None]:
        """Let these processes do nothing for a while."""
        for name in names:
            self.running[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                self.running[name].send_signal(signal.SIGCONT)

    def restart_web(self) -> None:
        """Stop the web server, then start it again at the same address."""
        self.ask_to_stop("web").wait(timeout=30)
        self.start_web()

    def stop(self) -> None:
        """Stop everything, Redis last, and see that nothing is left."""
        for names in [[name for name in self.running if name != "redis"], ["redis"]]:
            for process in [self.ask_to_stop(name) for name in names]:
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(timeout=10)
        remaining = left(list(self._family.values()))
        for process in remaining:
            process.kill()
        assert not remaining, f"left behind: {remaining}"

    def start_missing(self, *workers: str) -> None:
        """Start again what was killed or stopped."""
        if "redis" not in self.running:
            self.start_redis()
        for name in workers:
            if name not in self.running:
                self.start_worker(name, ready=False)
        if "web" not in self.running:
            self.start_web()
        self.wait_for_workers()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one SQL statement that returns rows on this site's database."""
        path = self.var / "db.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as file, file:
            return file.execute(statement, values).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def do(self, *arguments: str) -> str:
        """Do what `tests/chaos/deed.py` does, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.chaos.deed", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def said(self, name: str) -> str:
        return (self.var / "logs" / name).read_text()

    def _note(
        self, process: subprocess.Popen[bytes], *, recursive: bool = True
    ) -> list[psutil.Process]:
        with _gone():
            children = psutil.Process(process.pid).children(recursive=recursive)
            self._family |= {child.pid: child for child in children}
            return children
        return []


def _about(job: str, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [task for task in tasks if task["args"][:1] == [job]]


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        pass


@contextmanager
def running_site(var: Path, *workers: str, **settings: str) -> Iterator[Site]:
    """A site with these workers, demo data and the user demo / demo."""
    site = Site(var, **settings)
    try:
        site.start_redis()
        site.python("setup", "project.prepare")
        assert site.running.pop("setup").wait(timeout=PATIENCE) == 0, site.said("setup")
        site.start_beat()
        site.start_missing(*workers)
        yield site
    finally:
        site.stop()


class Person:
    """demo, who has logged in."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._jar = http.cookiejar.CookieJar()
        handler = urllib.request.HTTPCookieProcessor(self._jar)
        self._opener = urllib.request.build_opener(handler)
        self.get("login/")
        self.post("login/", username="demo", password="demo")
        # The first socket of a web server takes long, where much else is going on.
        wait_for("a first socket", self._opens_a_socket)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{one.name}={one.value}" for one in self._jar)

    def open_socket(self, path: str) -> ClientConnection:
        """Open a socket as the page does."""
        url = f"ws://127.0.0.1:{self.site.port}/ws/dataio/{path}"
        headers = {"Cookie": self.cookies}
        origin: Any = self.site.url.rstrip("/")
        return connect(url, additional_headers=headers, origin=origin, open_timeout=30)

    def _opens_a_socket(self) -> bool:
        try:
            with self.open_socket("jobs/"):
                return True
        except (OSError, EOFError, WebSocketException):
            return False

    def get(self, path: str) -> str:
        with self._opener.open(self.site.url + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path: str, **fields: str) -> str:
        token = next(one.value for one in self._jar if one.name == "csrftoken")
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token})
        with self._opener.open(self.site.url + path, data.encode(), timeout=60) as it:
            return it.read().decode()

    def export(self, resource: str) -> str:
        """Press the export page's button; return the job."""
        fields = {"export-sent": "1", "export-columns": "name", "export-format": "csv"}
        self.post(f"export/{resource}/", **fields)
        newest = "SELECT id FROM dataio_job ORDER BY created_at DESC LIMIT 1"
        return str(UUID(self.site.one(newest)))

    def cancel(self, job: str) -> None:
        self.post(f"jobs/{job}/cancel/")

    def status(self, job: str) -> dict[str, Any]:
        return json.loads(self.get(f"jobs/{job}/status/"))

    def words(self, path: str) -> str:
        """Return what a page says, without its marks."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.get(path)))
