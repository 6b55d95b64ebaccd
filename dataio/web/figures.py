"""The numbers that pages say of the result of a job."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dataio.models import Job


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number of a result."""

    name: str
    label: str
    value: int
    tone: str = ""
    """"warn" for a number that wants a look."""


def import_figures(job: Job) -> list[Figure]:
    """Return the numbers of an import, the whole first."""
    # Where parents and children share rows, a row holds a record of each.
    several = bool(job.plan.get("parts"))
    label = _("Records in the file") if several else _("Rows in the file")
    return [
        Figure(name="rows", label=label, value=job.rows),
        Figure(name="created", label=_("New"), value=job.created),
        Figure(name="updated", label=_("Changed"), value=job.updated),
        Figure(name="unchanged", label=_("Same"), value=job.unchanged),
        Figure(
            name="failed",
            label=_("Left out"),
            value=job.failed,
            tone="warn" if job.failed else "",
        ),
    ]


def undo_figures(job: Job) -> list[Figure]:
    """Return the numbers of an undo, the whole first."""
    tone = "warn" if job.failed else ""
    found = [
        Figure(name="rows", label=_("Records of the import"), value=job.rows),
        Figure(name="created", label=_("Removed"), value=job.created),
        Figure(name="updated", label=_("Restored"), value=job.updated),
        Figure(name="failed", label=_("Left as they are"), value=job.failed, tone=tone),
    ]
    if job.unchanged:
        back = Figure(name="unchanged", label=_("Brought back"), value=job.unchanged)
        found.insert(3, back)
    return found
