"""Snapshots as celery-progress keeps them: the Celery result of a task whose id is the job's."""

from __future__ import annotations

from typing import Any, cast

from celery.result import AsyncResult
from celery_progress.backend import Progress, ProgressRecorder

from dataio.progress.snapshot import FAILED, FINISHED, Snapshot


class SnapshotRecorder(ProgressRecorder):  # type: ignore[misc]  # celery-progress has no types
    """celery-progress's recorder for a job: `record` returns the result to keep.

    The recorder hands its state to `task.update_state`; here the "task" is the recorder itself,
    because a job is worked on by several tasks and its result is kept by `progress.store`.
    """

    def __init__(self) -> None:
        super().__init__(task=self)
        self._state = ""
        self._meta: dict[str, Any] = {}

    def update_state(self, *, state: str, meta: dict[str, Any]) -> None:
        """Take what celery-progress made of the progress."""
        self._state, self._meta = state, meta

    def record(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return the snapshot as a record of Celery's result backend."""
        self.set_progress(round(snapshot.percent, 1), 100, snapshot.description)
        state, result = self._state, cast("object", self._meta)
        if snapshot.ended:
            state, result = _end(snapshot)
        return {
            "task_id": snapshot.job,
            "status": state,
            "result": result,
            "traceback": None,
            "children": [],
            "date_done": None,
        }


def progress_info(job: str) -> dict[str, Any]:
    """Return celery-progress's own view of the job."""
    return cast("dict[str, Any]", Progress(AsyncResult(job)).get_info())


def _end(snapshot: Snapshot) -> tuple[str, object]:
    if snapshot.state == "done":
        return FINISHED, snapshot.description
    return FAILED, {
        "exc_type": "DataioError",
        "exc_message": [snapshot.description],
        "exc_module": "dataio.errors",
    }
