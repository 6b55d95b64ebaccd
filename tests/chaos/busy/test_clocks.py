"""Downloads while files are removed, and clocks that step: nothing twice, nothing half."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

import pytest

from tests.chaos.busy.person import Person, job_path, people
from tests.stack import Stack

pytestmark = pytest.mark.stack

PIECE = 64 * 1024
AGE = """
from datetime import timedelta
from django.utils import timezone
from dataio.models import Job
Job.objects.filter(pk="{job}").update(finished_at=timezone.now() - timedelta(days=400))
"""
RETAIN = "from dataio.jobs.rescue import remove_old_files; remove_old_files()"
SIZE = 24 * 1024 * 1024


@pytest.fixture
def anna(site: Stack) -> Person:
    return people(site, "clock-anna")[0]


def exported(anna: Person) -> str:
    path = job_path(anna.export("shop.supplier", "name"))
    anna.wait_for(path, {"done"})
    return path


def test_a_download_on_its_way_is_whole_although_its_file_is_removed(
    anna: Person, site: Stack
):
    path = exported(anna)
    number = re.search(r"[0-9a-f-]{36}", path)
    assert number is not None
    folder = site.var / "jobs" / number[0]
    # Larger than what lies in buffers on the way, so that the server still has to read.
    content = secrets.token_bytes(SIZE)
    (folder / "result").write_bytes(content)
    wanted = hashlib.sha256(content).hexdigest()
    with anna.get(f"{path}download/", stream=True) as answer:
        pieces = answer.iter_content(PIECE)
        seen = hashlib.sha256(next(pieces))
        site.manage("shell", "-c", AGE.format(job=number[0]) + RETAIN)
        assert not folder.exists()
        for piece in pieces:
            seen.update(piece)
    assert seen.hexdigest() == wanted
    gone = anna.get(f"{path}download/", headers={"Range": f"bytes={PIECE}-"})
    assert gone.status_code == 410


def test_a_clock_that_steps_forward_while_a_job_runs_runs_nothing_twice(
    anna: Person, site: Stack, tmp_path: Path
):
    rows = "".join(f"clock {number}\n" for number in range(60_000))
    (tmp_path / "names.csv").write_text(f"Name\n{rows}")
    job = anna.check(tmp_path / "names.csv", "shop.category")
    anna.wait_for(job, {"running", "review"})
    number = re.search(r"[0-9a-f-]{36}", job)
    assert number is not None
    # What the rescue of a machine sees whose clock is an hour ahead.
    site.manage("shell", "-c", STEP.format(job=number[0]))
    anna.wait_for(job, {"review"})
    anna.load(job)
    counts = anna.wait_for(job, {"done"})["counts"]
    assert (counts["created"], counts["failed"]) == (60_000, 0)
    found = site.rows("SELECT count(*) FROM shop_category WHERE name LIKE 'clock %'")
    assert found == [(60_000,)]
    site.rows("DELETE FROM shop_category WHERE name LIKE 'clock %' RETURNING id")


STEP = """
import time
from datetime import timedelta
from django.utils import timezone
from dataio.jobs import rescue
now, clock = timezone.now, time.time
timezone.now = lambda: now() + timedelta(hours=1)
time.time = lambda: clock() + 3600
rescue.rescue_jobs()
rescue.rescue_jobs()
"""
