"""A RabbitMQ of the test's own, which may stand still."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from amqp.exceptions import AMQPError
from kombu import Connection

from project import embedded_redis

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
READY_WITHIN = 90.0  # seconds


class Rabbit:
    """A server that is running; `url` is its address."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.url = f"amqp://guest:guest@127.0.0.1:{port}//"
        self._process = process

    def answers(self) -> bool:
        """Tell whether it takes connections; fails when it has ended."""
        assert self._process.poll() is None, "RabbitMQ did not start"
        try:
            with Connection(self.url, connect_timeout=2) as connection:
                connection.connect()
        except (OSError, AMQPError):
            return False
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """It takes connections, and answers nothing."""
        family = self.family()
        for one in family:
            one.suspend()
        try:
            yield
        finally:
            for one in family:
                one.resume()

    def family(self) -> list[psutil.Process]:
        leader = psutil.Process(self._process.pid)
        return [leader, *leader.children(recursive=True)]


@contextmanager
def running_rabbit(folder: Path) -> Iterator[Rabbit]:
    """Start a server with nothing in it; skips where RabbitMQ is not installed."""
    if not PROGRAM.exists():
        pytest.skip(f"RabbitMQ is not installed: there is no {PROGRAM}")
    port, environment = _environment(folder)
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [str(PROGRAM)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    rabbit = Rabbit(process, port)
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not rabbit.answers():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield rabbit
    finally:
        for one in rabbit.family() if process.poll() is None else []:
            one.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        # Erlang leaves its name server running.
        if epmd := shutil.which("epmd"):
            subprocess.run([epmd, "-kill"], env=environment, capture_output=True)


def _environment(folder: Path) -> tuple[int, dict[str, str]]:
    port, distribution, names = (embedded_redis.free_port() for _port in range(3))
    own = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        "RABBITMQ_NODENAME": f"chaos{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log-files"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
    }
    return port, {**os.environ, **own}
