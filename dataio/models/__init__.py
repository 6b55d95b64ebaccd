"""What is kept in the database: jobs with their ledger, what people decided, who did what."""

from __future__ import annotations

from dataio.models.audit import AuditAction, AuditEntry, AuditQuerySet
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
    "AuditAction",
    "AuditEntry",
    "AuditQuerySet",
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
