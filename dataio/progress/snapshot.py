"""Snapshot: what is known of a job's progress at one moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

UNFINISHED = "PROGRESS"
FINISHED = "SUCCESS"
FAILED = "FAILURE"
WAITING = "PENDING"


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A value, numbered; a newer one of the same job has a greater `seq` and no smaller `percent`."""

    job: str
    """The job's id."""
    seq: int = 0
    state: str = "waiting"
    """The job's state, a value of `dataio.models.JobState`."""
    phase: str = ""
    """upload, reading, checking, comparing, loading, finishing / undoing, finishing / reading, writing, packing."""
    current: int = 0
    """Rows done in this phase."""
    total: int | None = None
    """Rows to do in this phase; None: not known yet."""
    percent: float = 0.0
    """0 to 100 over all phases, weighted by what they cost."""
    rows_per_second: float | None = None
    eta_seconds: float | None = None
    """Seconds left; may rise; None while nothing can be said."""
    counts: dict[str, int] = field(default_factory=dict)
    """created, updated, unchanged, failed; for exports written."""
    description: str = ""
    """One sentence for people, in the language of the job's owner."""

    @property
    def ended(self) -> bool:
        """Whether this is the last snapshot of the job."""
        return self.state in {"done", "failed", "cancelled"}

    @property
    def rests(self) -> bool:
        """Whether nothing more comes until a person decides: checked, or ended."""
        return self.ended or self.state == "review"

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """Return the snapshot that `as_wire` gave."""
        own = {item.name: wire[item.name] for item in fields(cls)}
        return cls(**own | {"state": wire["job_state"]})

    def as_wire(self) -> dict[str, Any]:
        """Return the message for browsers: our keys, and celery-progress's own beside them.

        celery-progress's JavaScript reads `complete`, `success`, `progress` and `result`, and
        takes `state` for a Celery state, so ours travels as `job_state`.
        """
        own = asdict(self)
        own["job_state"] = own.pop("state")
        ended = self.ended
        state = (FINISHED if self.state == "done" else FAILED) if ended else UNFINISHED
        return own | {
            "state": WAITING if self.state == "waiting" else state,
            "complete": ended,
            "success": self.state == "done" if ended else None,
            "progress": {
                "pending": self.state == "waiting",
                "current": round(self.percent, 1),
                "total": 100,
                "percent": round(self.percent, 1),
                "description": self.description,
            },
            "result": self.description if ended else None,
        }
