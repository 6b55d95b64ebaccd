"""Telling how far a job is. Never fails the work: a Redis that is away costs messages only."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import redis
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.jobs.standing import by_ledger
from dataio.models import ACTIVE, Job, JobKind, JobState, JobStep
from dataio.progress import channel, store
from dataio.progress.celery import SnapshotRecorder
from dataio.progress.estimate import Pace, estimate
from dataio.progress.meter import Reading
from dataio.progress.snapshot import Snapshot

logger = logging.getLogger(__name__)

WEIGHTS = {
    JobKind.IMPORT: {"reading": 35, "checking": 15, "loading": 48, "finishing": 2},
    JobKind.EXPORT: {"reading": 40, "writing": 45, "packing": 15},
    JobKind.UNDO: {"undoing": 98, "finishing": 2},
    JobKind.MARK: {"reading": 50, "marking": 8, "packing": 40, "finishing": 2},
}
"""What the phases of a job cost, in their order."""
LOAD_WEIGHTS = {"loading": 98, "finishing": 2}
CHECK_WEIGHTS = {
    JobStep.CHECK: {"reading": 35, "checking": 40, "comparing": 25},
    JobStep.RECHECK: {"checking": 60, "comparing": 40},
}
"""The same for an import that stops for the person to look."""
SHARED_PHASES = {"comparing", "loading", "undoing"}
"""Phases that several processes advance, at once or after each other: each tells what is new,
not the whole."""
LAST_SEQ = 2**53 - 1
"""The number of a job's last snapshot, JavaScript's greatest: nothing is newer."""


def reporter(job: Job) -> Callable[[Reading], None]:
    """Return a meter's listener that keeps and publishes snapshots of the job."""
    told: Counter[str] = Counter()
    counted: Counter[str] = Counter()

    def tell(reading: Reading) -> None:
        shared = reading.phase in SHARED_PHASES
        fresh = reading.current - (told[reading.phase] if shared else 0)
        told[reading.phase] = reading.current
        counts = {name: n - counted[name] for name, n in reading.counts.items()}
        counted.update(counts)
        news = replace(reading, current=fresh, counts=counts)
        _guarded(job, lambda: _publish_reading(job, news, shared=shared))

    return tell


def announce(job: Job) -> None:
    """Publish where the job is by its row: accepted, checked, ended."""

    def tell() -> None:
        snapshot = _from_row(job)
        if not job.ended:
            snapshot = replace(snapshot, seq=store.next_seq(str(job.pk)))
        _publish(job, snapshot, Pace())

    _guarded(job, tell)


def newest(job: Job) -> Snapshot:
    """Return the newest snapshot: from Redis while the job runs, else from its rows."""
    snapshot, wire = _from_row(job), None
    if job.state in ACTIVE:
        with suppress(redis.RedisError):
            wire = store.newest(str(job.pk))
    if wire is None:
        return by_ledger(job, snapshot, weights_of(job))
    if wire["job_state"] == job.state:
        return Snapshot.from_wire(wire)
    # Given back after its worker died: what is done is done.
    return replace(snapshot, percent=wire["percent"])


def start_over(job_id: uuid.UUID) -> None:
    """Forget how far an earlier step of the job had come."""
    try:
        store.forget(str(job_id))
    except redis.RedisError:
        logger.debug("Redis is away", exc_info=True)


def ask_to_stop(job_id: uuid.UUID) -> None:
    """Tell whoever works on the job that it is to stop; the row tells it too.

    All or nothing is one transaction: while it lasts, SQLite lets nobody else write the row.
    """
    try:
        store.ask_to_stop(str(job_id))
    except redis.RedisError:
        logger.debug("Redis is away", exc_info=True)


def is_asked_to_stop(job: Job) -> bool:
    """Return whether `ask_to_stop` was heard."""
    try:
        return store.is_asked_to_stop(str(job.pk))
    except redis.RedisError:
        return False


def _publish_reading(job: Job, reading: Reading, *, shared: bool) -> None:
    tally = store.add(str(job.pk), reading, shared=shared)
    weights = weights_of(job)
    seen = estimate(tally.phases, weights, tally.pace, time.time())
    snapshot = Snapshot(
        job=str(job.pk),
        seq=tally.seq,
        state=JobState.RUNNING.value,
        phase=seen.phase,
        current=seen.current,
        total=seen.total,
        percent=seen.percent,
        rows_per_second=seen.rows_per_second,
        eta_seconds=seen.eta_seconds,
        counts=tally.counts,
        description=phase_sentence(seen.phase),
    )
    _publish(job, snapshot, seen.pace)


def weights_of(job: Job) -> dict[str, int]:
    """Return what the phases of what the job does now cost, in their order."""
    if job.kind != JobKind.IMPORT:
        return WEIGHTS[JobKind(job.kind)]
    if job.step != JobStep.LOAD:
        return CHECK_WEIGHTS[JobStep(job.step)]
    # A checked file is read and checked already: the bar starts over.
    only_loads = job.plan.get("check_first") and job.staged
    return LOAD_WEIGHTS if only_loads else WEIGHTS[JobKind.IMPORT]


def _publish(job: Job, snapshot: Snapshot, pace: Pace) -> None:
    wire = snapshot.as_wire()
    groups = [channel.job_group(str(job.pk))]
    if job.owner_id is not None:
        groups.append(channel.owner_group(job.owner_id))
    message = store.Message(
        wire=wire,
        pace=pace,
        result=SnapshotRecorder().record(snapshot),
        payload=channel.payload(wire),
        attempt=job.attempt,
        last=snapshot.rests,
        channels=tuple(channel.redis_channel(group) for group in groups),
    )
    store.publish(str(job.pk), message)


def _guarded(job: Job, tell: Callable[[], None]) -> None:
    try:
        tell()
    except redis.RedisError:
        logger.warning(
            "Progress of a job could not be told: Redis is away",
            extra={"action": "progress_lost", "job": str(job.pk)},
        )


def _from_row(job: Job) -> Snapshot:
    ended = job.ended
    checked = job.state == JobState.REVIEW
    whole = checked or job.state == JobState.DONE
    return Snapshot(
        job=str(job.pk),
        seq=LAST_SEQ if ended else int(time.time() * 1000),
        state=str(job.state),
        current=job.rows,
        total=job.rows if ended or checked else None,
        percent=100.0 if whole else 0.0,
        counts=job.totals,
        description=job.message or state_sentence(job),
    )


def phase_sentence(phase: str) -> str:
    """Return a phase in words."""
    sentences = {
        "reading": _("Reading"),
        "checking": _("Checking"),
        "comparing": _("Comparing"),
        "loading": _("Loading"),
        "undoing": _("Taking back"),
        "marking": _("Marking"),
        "finishing": _("Finishing"),
        "writing": _("Writing"),
        "packing": _("Packing"),
    }
    return sentences.get(phase, "")


def state_sentence(job: Job) -> str:
    """Return a state in words, for a job that has not said more itself."""
    sentences = {
        JobState.DRAFT: _("Waiting for you to choose the columns"),
        JobState.WAITING: _("Waiting for a worker"),
        JobState.RUNNING: _("Starting"),
        JobState.REVIEW: _("Checked: look at what will change"),
        JobState.DONE: _end_sentence(job),
        JobState.FAILED: _("Failed"),
        JobState.CANCELLED: _("Cancelled"),
    }
    return sentences[JobState(job.state)]


def _undo_sentence(job: Job) -> str:
    said = {
        "created": _("%(count)s removed"),
        "updated": _("%(count)s restored"),
        "unchanged": _("%(count)s brought back"),
        "failed": _("%(count)s left as they are"),
    }
    counts = {name: job.totals[name] for name in said}
    told = [said[name] % {"count": f"{n:,}"} for name, n in counts.items() if n]
    return ", ".join(told) or _("Nothing was to be taken back")


def _end_sentence(job: Job) -> str:
    if job.kind == JobKind.UNDO:
        return _undo_sentence(job)
    if job.kind in (JobKind.EXPORT, JobKind.MARK):
        return ngettext("%(rows)s row", "%(rows)s rows", job.rows) % {
            "rows": f"{job.rows:,}"
        }
    totals = {name: f"{count:,}" for name, count in job.totals.items()}
    if job.failed:
        text = _(
            "%(created)s created, %(updated)s updated, %(unchanged)s unchanged, "
            "%(failed)s left out"
        )
        return text % totals
    return (
        _("%(created)s created, %(updated)s updated, %(unchanged)s unchanged") % totals
    )
