"""What is kept in the database: jobs with their ledger, and what people decided about them."""

from __future__ import annotations

from dataio.models.decisions import Fix, Recipe, RecipeQuerySet
from dataio.models.jobs import (
    ACTIVE,
    ENDED,
    Chunk,
    ChunkState,
    Job,
    JobKind,
    JobQuerySet,
    JobState,
    JobStep,
    Problem,
)
from dataio.models.reports import (
    Download,
    Mail,
    SavedReport,
    SavedReportQuerySet,
    Schedule,
)

__all__ = [
    "ACTIVE",
    "ENDED",
    "Chunk",
    "ChunkState",
    "Download",
    "Fix",
    "Job",
    "JobKind",
    "JobQuerySet",
    "JobState",
    "JobStep",
    "Mail",
    "Problem",
    "Recipe",
    "RecipeQuerySet",
    "SavedReport",
    "SavedReportQuerySet",
    "Schedule",
]
