"""What the commands share: a bar on stderr, and one JSON object at the end."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from dataio.jobs import runner
from dataio.models import Job
from dataio.progress.meter import Reading

PROBLEMS_SHOWN = 100


class Bar:
    """A meter's listener that draws each phase as a bar on stderr."""

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden
        self._bars: dict[str, tqdm[Any]] = {}

    def __call__(self, reading: Reading) -> None:
        if reading.phase not in self._bars:
            self._bars[reading.phase] = tqdm(
                desc=reading.phase,
                unit=" rows",
                unit_scale=True,
                file=sys.stderr,
                disable=self._hidden,
                position=len(self._bars),
            )
        bar = self._bars[reading.phase]
        bar.total = reading.total
        bar.update(reading.current - bar.n)

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()


def run_here(job: Job, *, quiet: bool) -> dict[str, Any]:
    """Run a waiting job in this process; return what `--json` prints."""
    started = time.monotonic()
    with _bar(quiet=quiet) as bar:
        runner.run_job(job.pk, bar)
    job.refresh_from_db()
    return summary(job, time.monotonic() - started)


def summary(job: Job, seconds: float) -> dict[str, Any]:
    """Return a job as plain data: counts in rows, `seconds`, `peak_rss_mb` in MB (2**20)."""
    problems = job.problems.all()[:PROBLEMS_SHOWN]
    return {
        "job": str(job.pk),
        "state": job.state,
        "message": job.message,
        **job.totals,
        **job.findings,
        "problem_count": job.problem_count,
        "problems": [problem.as_data() for problem in problems],
        "notes": job.notes,
        "seconds": round(seconds, 3),
        "rows_per_second": round(job.rows / seconds) if seconds else 0,
        "peak_rss_mb": round(peak_rss_mb(), 1),
    }


def peak_rss_mb() -> float:
    """Return the greatest memory this process has used, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Bar]:
    bar = Bar(hidden=quiet)
    try:
        yield bar
    finally:
        bar.close()
