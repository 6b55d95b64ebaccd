"""A running site whose broker, worker and network can be taken away."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from project import embedded_redis
from tests.stack import Stack, running_stack


class Broker:
    """A Redis server that carries messages and nothing else, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.port = embedded_redis.free_port()
        self.url = embedded_redis.url_at(self.port)
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._server = subprocess.Popen(
            embedded_redis.command(self._folder, self.port, durable=False),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while not embedded_redis.answers(self.url):
            assert self._server.poll() is None, "the broker did not start"
            assert time.monotonic() < deadline, "the broker is silent"
            time.sleep(0.02)

    def stop(self) -> None:
        """Nobody listens at its address any more; what it carried is lost."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(timeout=20)
            self._server = None

    def hold(self) -> None:
        """It takes connections and answers nothing, until `go_on`."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def site(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site whose broker is not what else it keeps in Redis."""
    var = tmp_path_factory.mktemp("site") / "var"
    with running_stack(
        var, CELERY_BROKER_URL=broker.url, DATAIO_MAX_JOBS_PER_PERSON="10"
    ) as site:
        yield site
