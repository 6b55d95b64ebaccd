"""Time the pages of a large check's difference, over HTTP, as a browser asks for them.

    python -m benchmarks.difference [--rows 1000000]

Half of the rows change a record, half are new. Prints the best and the worst of each page's
times in seconds, and what the site's processes worked for it: on a busy machine the first two
say more of the others. Ends with 1 when a page never came within a second of work.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

ROUNDS = 5
LIMIT = 1.0
"""Seconds within which a page is to come, when nothing else runs."""
HEADER = ["SKU", "Name", "Category", "Price", "Quantity", "Weight (kg)", "Active",
          "Created", "Supplier e-mail", "Notes"]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="dataio-bench-") as folder:
        figures = measure(Path(folder), rows)
    print(json.dumps(figures))
    return int(any(figure["work"] > LIMIT for figure in figures["pages"].values()))


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """Return how long the check took, and each page's best and worst time, in seconds."""
    os.environ |= {"DATAIO_VAR": str(folder / "var"), "LOG_LEVEL": "ERROR"}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("shop_seed", verbosity=0)
    started = time.perf_counter()
    job, cookie = check(folder, rows)
    figures: dict[str, Any] = {"rows": rows, "check": _seconds(started)}
    with site(folder) as (address, process):
        pages = {
            "first": "review/",
            "first of the grid": "changes/?start=0",
            "last of the grid": f"changes/?start={rows - 100}",
            "one column": "changes/?column=price",
            "last of one column": f"changes/?column=price&start={rows // 2 - 100}",
            "new rows": "changes/?kind=create",
            "last of the new rows": f"changes/?kind=create&start={rows // 2 - 100}",
        }
        figures["pages"] = {
            name: timed(f"{address}imports/{job}/{path}", cookie, process)
            for name, path in pages.items()
        }
    return figures


def check(folder: Path, rows: int) -> tuple[str, str]:
    """Check a file of so many rows; return the job, and a session that may see it."""
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.files import File
    from django.core.files.uploadedfile import UploadedFile

    from dataio.imports.matching import propose_plan
    from dataio.jobs import files, intake, runner
    from dataio.resources import registry
    from project.shop.models import Category, Product

    category = Category.objects.get_or_create(name="Tools")[0]
    Product.objects.bulk_create(
        (
            Product(sku=f"M-{number:07}", name="Old", category=category, price=1)
            for number in range(0, rows, 2)
        ),
        batch_size=5_000,
    )
    path = folder / "products.csv"
    write(path, rows)
    user = User.objects.get(username="demo")
    with path.open("rb") as stream:
        file: Any = UploadedFile(File(stream), path.name, size=path.stat().st_size)
        job = intake.receive_upload(user, file)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=True), send=False)
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    assert job.state == "review", (job.state, job.message, job.error)
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(job.pk), f"sessionid={session.session_key}"


def write(path: Path, rows: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        lines.writerows(
            [f"M-{number:07}", f"Saw {number}", "Tools", f"{number % 9999}.25", number,
             "1.5", "yes", "2026-01-31", f"s{number % 97}@example.com", ""]
            for number in range(rows)
        )  # fmt: skip


@contextmanager
def site(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run the whole site on these data; yield its address, and the first of its processes."""
    ready = folder / "ready"
    environment = os.environ | {"PORT": "0", "UP_READY_FILE": str(ready)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "project.up"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not ready.exists():
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        url = json.loads(ready.read_text())["url"]
        yield url, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def timed(address: str, cookie: str, process: psutil.Process) -> dict[str, float]:
    """Return the first, the best and the worst time of a page, and the mean work, in seconds."""
    times = []
    before = worked(process)
    for _round in range(ROUNDS):
        started = time.perf_counter()
        with urlopen(Request(address, headers={"Cookie": cookie})) as answer:  # noqa: S310
            assert answer.status == 200
            body = answer.read()
        times.append(_seconds(started))
        assert b"M-" in body
    work = round((worked(process) - before) / ROUNDS, 3)
    return {"first": times[0], "best": min(times), "worst": max(times), "work": work}


def worked(process: psutil.Process) -> float:
    """Return how many seconds the site's processes have worked so far."""
    family = [process, *process.children(recursive=True)]
    spent = [one.cpu_times() for one in family]
    return float(sum(one.user + one.system for one in spent))


def _seconds(started: float) -> float:
    return round(time.perf_counter() - started, 3)


if __name__ == "__main__":
    sys.exit(main())
