"""Make jobs to watch, or tell of them as a worker does. Prints one JSON object.

    python -m benchmarks.interactive.watched_jobs make 200
    python -m benchmarks.interactive.watched_jobs tell 200 10

The second tells one snapshot of each job in a second, evenly spread, for so many seconds, and
prints when it began to tell each.
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from typing import Any

import django

FILE = "watched.xlsx"


def make(count: int) -> dict[str, Any]:
    """Make running jobs of demo; return their ids, and a session that may watch them."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from dataio.models import Job, JobKind, JobState

    user = User.objects.get(username="demo")
    Job.objects.filter(file_name=FILE).delete()
    jobs = [
        Job(
            owner=user,
            kind=JobKind.EXPORT,
            resource="shop.product",
            file_name=FILE,
            state=JobState.RUNNING,
            # Nobody works on them; nobody is to take them over.
            beat_at=timezone.now() + datetime.timedelta(days=1),
            started_at=timezone.now(),
        )
        for _number in range(count)
    ]
    Job.objects.bulk_create(jobs)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"jobs": [str(job.pk) for job in jobs], "session": session.session_key}


def tell(count: int, seconds: int) -> dict[str, Any]:
    """Tell of so many jobs once a second; return when each telling began, by job and row."""
    from dataio.jobs import broadcast
    from dataio.models import Job
    from dataio.progress.meter import Reading

    jobs = list(Job.objects.filter(file_name=FILE).order_by("pk")[:count])
    reporters = [(str(job.pk), broadcast.reporter(job)) for job in jobs]
    told: dict[str, float] = {}
    begun, worked = time.monotonic(), time.process_time()
    for number in range(count * seconds):
        job, reporter = reporters[number % count]
        time.sleep(max(0.0, begun + number / count - time.monotonic()))
        row = number // count + 1
        told[f"{job} {row}"] = time.time()
        reporter(Reading(phase="reading", current=row, total=1_000, counts={}))
    work = 1_000 * (time.process_time() - worked) / len(told)
    return {"told": told, "work_ms": round(work, 3)}


def main() -> None:
    django.setup()
    action, *numbers = sys.argv[1:]
    actions: dict[str, Any] = {"make": make, "tell": tell}
    print(json.dumps(actions[action](*map(int, numbers))))


if __name__ == "__main__":
    main()
