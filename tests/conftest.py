"""What every test may use: a Redis server, databases, and a rule about skips."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from project import embedded_redis
from tests.chromium import browser  # noqa: F401 - a fixture
from tests.postgres import start_postgres

# Nothing answers at this port.
NOWHERE = "redis://127.0.0.1:1/0"

# Machines are shared and noisy: a slow moment is not a failure.
hypothesis.settings.register_profile("dataio", deadline=None)
hypothesis.settings.load_profile("dataio")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded Redis server of this test process's own, empty at the start."""
    folder = tmp_path_factory.mktemp("redis")
    port = embedded_redis.free_port()
    server = subprocess.Popen(
        embedded_redis.command(folder, port, durable=False),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = embedded_redis.url_at(port)
    try:
        deadline = time.monotonic() + 10
        while not embedded_redis.answers(url):
            assert server.poll() is None, "the embedded Redis server did not start"
            assert time.monotonic() < deadline, "the embedded Redis server is silent"
            time.sleep(0.02)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of an empty PostgreSQL database; skipped where there is none.

    TEST_POSTGRES_URL, when set, names a server to use instead of starting one.
    """
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    yield from start_postgres()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The test database is a file: several threads and processes may then open it."""
    from django.apps import apps
    from django.conf import settings
    from django.db.models.signals import post_migrate

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("db") / "test.sqlite3")
        # Django empties it by DELETE, which the audit trail of a file refuses.
        app = apps.get_app_config("dataio")
        post_migrate.disconnect(sender=app, dispatch_uid="dataio.audit")


@pytest.fixture(autouse=True)
def job_folder(
    tmp_path_factory: pytest.TempPathFactory,
    settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Each test's own folder for the files of jobs.

    The web application, once imported, makes it Python's folder for temporary files:
    that too ends with the test.
    """
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    folder = tmp_path_factory.mktemp("jobs")
    settings.DATAIO_ROOT = folder
    settings.FILE_UPLOAD_TEMP_DIR = folder / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return folder


@pytest.fixture(autouse=True, scope="session")
def nobody_listens() -> None:
    """Tests send nothing to a broker that a person of this machine may be using."""
    from project.celery import app

    app.conf.broker_url = app.conf.broker_read_url = NOWHERE
    app.conf.broker_write_url = app.conf.result_backend = NOWHERE


@pytest.fixture(autouse=True)
def quick_settings(settings) -> None:
    """No Redis unless a test asks for one, and passwords that are quick to make.

    Everybody may do all, as most tests are about other things than rights.
    """
    settings.DATAIO_REDIS_URL = NOWHERE
    settings.DATAIO_EVERYBODY_MAY = ["import", "export", "undo", "share"]
    # Each client of a test would look for all static files there are, a third of a second.
    static = "servestatic.middleware.ServeStaticMiddleware"
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != static]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With DATAIO_FORBID_SKIPS=1 a skipped test has failed: CI has all the parts."""
    report = yield
    forbidden = os.environ.get("DATAIO_FORBID_SKIPS") == "1"
    if forbidden and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skips are forbidden here. {report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """CI prints a failure when it happens: what comes after may never end."""
    by_worker = "PYTEST_XDIST_WORKER" in os.environ
    if report.failed and os.environ.get("CI") == "true" and not by_worker:
        sys.stdout.write(
            f"\n{report.nodeid} failed in {report.when}:\n{report.longreprtext}\n"
        )
        sys.stdout.flush()
