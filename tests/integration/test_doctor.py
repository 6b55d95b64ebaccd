"""`dataio_doctor`, /healthz and /readyz: they say which part is away, and what mends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dataio.jobs import doctor, parts
from tests.stack import ROOT, Stack, running_stack


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("doctor") / "var") as site:
        yield site


def examined(site: Stack, *parts: str, **extra: str) -> dict[str, Any]:
    """Return what the command says, part by part; it may take a minute at most."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "dataio_doctor", "--json", *parts],
        cwd=ROOT,
        env={**site.environment, **extra},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (0 if all(one["good"] for one in found.values()) else 1)
    return found


def answered(site: Stack, path: str) -> tuple[int, dict[str, bool]]:
    try:
        with urllib.request.urlopen(f"{site.url}{path}", timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@contextmanager
def frozen(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def wrong(found: dict[str, Any]) -> set[str]:
    return {part for part, one in found.items() if not one["good"]}


@pytest.mark.stack
def test_all_parts_of_a_running_site_are_well(site: Stack):
    found = examined(site)
    assert [*found] == [*parts.CHECKS]
    # The demo site is not a production site, and says so.
    assert wrong(found) <= {"settings"}
    assert answered(site, "healthz") == (200, dict.fromkeys(doctor.ALIVE, True))
    assert answered(site, "readyz") == (200, dict.fromkeys(doctor.READY, True))


@pytest.mark.stack
def test_workers_that_are_away_are_named(site: Stack):
    with frozen(site.pids["worker"]):
        found = examined(site, "workers", "broker")
    assert wrong(found) == {"workers"}
    assert found["workers"]["mend"].startswith("Start one: celery")


@pytest.mark.stack
def test_redis_that_is_away_is_named_and_not_waited_for(site: Stack):
    with frozen(site.pids["redis"]):
        started = time.monotonic()
        found = examined(site, "broker", "results", "channel layer", "database")
        assert answered(site, "healthz")[0] == 200
        code, ready = answered(site, "readyz")
        assert time.monotonic() - started < 40
    expected = {"results", "channel layer"}
    if "CELERY_BROKER_URL" not in site.environment:
        expected.add("broker")  # Redis is the broker, too
    assert wrong(found) == expected
    assert code == 503
    assert {part for part, good in ready.items() if not good} == expected
    assert wrong(examined(site, *expected)) == set()


@pytest.mark.stack
def test_a_folder_that_cannot_be_written_is_named(site: Stack, tmp_path: Path):
    (tmp_path / "file").touch()
    found = examined(site, "storage", DATAIO_ROOT=str(tmp_path / "file" / "jobs"))
    assert wrong(found) == {"storage"}
    assert "DATAIO_ROOT" in found["storage"]["mend"]


@pytest.mark.stack
def test_migrations_that_are_not_applied_are_named(site: Stack, tmp_path: Path):
    found = examined(
        site, "migrations", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    )
    assert wrong(found) == {"migrations"}
    assert found["migrations"]["mend"] == "Run: python manage.py migrate"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_strangers_learn_only_names(client: Client, path: str):
    answer = client.get(path).json()
    assert set(answer) <= set(parts.CHECKS)
    assert set(answer.values()) <= {True, False}
