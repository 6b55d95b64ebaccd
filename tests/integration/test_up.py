"""`make run`: the supervisor, its sentences, and what is left when it is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.stack import ROOT, environment_for, left, running_stack

pytestmark = pytest.mark.stack


def up(var: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run the supervisor until it ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "project.up"],
        cwd=ROOT,
        env=environment_for(var, **extra),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_starts_says_where_it_is_and_leaves_nothing(tmp_path: Path):
    with running_stack(tmp_path / "var") as site:
        with urllib.request.urlopen(f"{site.url}healthz", timeout=5) as response:
            assert response.status == 200
        assert sorted(path.name for path in site.samples.iterdir()) == [
            "orders-linked.xlsx",
            "orders-with-lines.xlsx",
            "products-1000.xlsx",
            "products-100000.xlsx",
            "products-dirty-500.xlsx",
        ]
        assert site.rows("SELECT count(*) FROM shop_product") == [(200,)]
        assert f"Open      {site.url}" in site.said()
        assert "Log in    demo / demo" in site.said()
        second = up(tmp_path / "var")
        assert second.returncode == 1
        assert f"process {site.supervisor.pid}" in second.stdout
    assert site.supervisor.returncode == 0
    assert "Traceback" not in site.said()


def test_it_stops_everything_when_one_process_ends(tmp_path: Path):
    with running_stack(tmp_path / "var") as site:
        os.kill(site.pids["web"], signal.SIGKILL)
        assert site.supervisor.wait(timeout=40) == 1
    assert '"web" was ended by signal 9, so everything stopped.' in site.said()


def test_it_stops_at_once_when_asked_a_second_time(tmp_path: Path):
    with running_stack(tmp_path / "var") as site:
        os.kill(site.pids["worker"], signal.SIGSTOP)  # it cannot stop by itself
        site.supervisor.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            site.supervisor.wait(timeout=6)
        site.supervisor.send_signal(signal.SIGINT)
        assert site.supervisor.wait(timeout=5) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the children")
def test_it_leaves_nothing_when_it_is_killed_outright(tmp_path: Path):
    with running_stack(tmp_path / "var") as site:
        family = psutil.Process(site.supervisor.pid).children(recursive=True)
        assert {process.pid for process in family} >= set(site.pids.values())
        site.supervisor.kill()
        site.supervisor.wait(timeout=10)
        psutil.wait_procs(family, timeout=20)
        assert not left(family)


def test_it_names_a_taken_port(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = up(tmp_path, PORT=str(port))
    assert ended.returncode == 1
    assert ended.stdout.strip().splitlines()[0] == (
        f"Port {port} is taken by another program. Stop that program, or choose "
        f"another port: PORT={port + 1} make run"
    )
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "PORT",
            "eighty",
            'PORT is "eighty", which cannot be used. '
            "Allowed: a whole number, from 0 to 65535.",
        ),
        (
            "DEBUG",
            "maybe",
            'DEBUG is "maybe", which cannot be used. Allowed: true or false.',
        ),
        (
            "REDIS_URL",
            "redis://127.0.0.1:1/0",
            'No Redis server answers at REDIS_URL "redis://127.0.0.1:1/0".',
        ),
        (
            "DATABASE_URL",
            "mysql://localhost/shop",
            'DATABASE_URL is "mysql://localhost/shop", which cannot be used. Allowed: '
            "an address that starts with one of sqlite:, postgres:, postgresql:.",
        ),
    ],
)
def test_it_names_a_setting_that_cannot_be_used(
    tmp_path: Path, variable: str, value: str, sentence: str
):
    ended = up(tmp_path, **{variable: value})
    assert ended.returncode == 1
    assert sentence in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
