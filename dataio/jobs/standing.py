"""How far a job is by its rows in the database alone, for when Redis has nothing to tell."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from dataio.models import ACTIVE, Chunk, ChunkState, Job, JobState
from dataio.progress.estimate import Pace, PhaseProgress, estimate
from dataio.progress.snapshot import Snapshot


def by_ledger(job: Job, snapshot: Snapshot, weights: Mapping[str, float]) -> Snapshot:
    """Return the snapshot of a job's row with what the ledger adds, if the job is active.

    Its number is that of the job's start, and one more for each chunk: so it is older than
    whatever a worker has told, which had counted rows within chunks too, and a bar that has
    shown more does not go back; and newer than what the ledger said before.
    """
    if job.state not in ACTIVE:
        return snapshot
    moments = filter(None, (job.created_at, job.accepted_at, job.started_at))
    base = int(max(moments).timestamp() * 1000)
    if not job.tries:
        return replace(snapshot, seq=base)
    chunks = list(Chunk.objects.filter(job=job).values_list("rows", "state"))
    loaded = [rows for rows, state in chunks if state == ChunkState.LOADED]
    known = sum(rows for rows, _state in chunks)
    seen = estimate(
        _phases(job, weights, known, sum(loaded)), weights, Pace(), time.time()
    )
    told = replace(snapshot, seq=base + 1 + len(chunks) + len(loaded))
    if job.state == JobState.WAITING:  # given back: what is done is done
        return replace(told, percent=seen.percent)
    return replace(
        told,
        phase=seen.phase,
        current=seen.current,
        total=seen.total,
        percent=seen.percent,
    )


def _phases(
    job: Job, weights: Mapping[str, float], known: int, loaded: int
) -> dict[str, PhaseProgress]:
    """Return how far the phases are that chunks tell of.

    `known`, `loaded`: rows of all chunks there are, and of those that are loaded. Until the
    last is known nobody knows how many there will be.
    """
    whole = job.staged or "undoing" in weights
    total = known if whole and known else None
    done = {"reading": known, "checking": known, "loading": loaded, "undoing": loaded}
    return {
        name: PhaseProgress(done=rows, total=total)
        for name, rows in done.items()
        if name in weights and known
    }
