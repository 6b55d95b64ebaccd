"""Which part of an import a page shows: the parents, or their children in the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dataio.imports.compare import KINDS
from dataio.imports.family import things_of
from dataio.imports.plan import ImportPlan
from dataio.models import Job
from dataio.web.words import whole_number


@dataclass(frozen=True, kw_only=True, slots=True)
class PartTab:
    """One part to choose."""

    number: int
    label: str
    count: int
    is_chosen: bool


def chosen_part(query: Mapping[str, str], plan: ImportPlan) -> int:
    """Return the part that a page was asked for; the parents without a word."""
    number = whole_number(query.get("part", ""))
    return number if number < len(plan.all_parts) else 0


def part_tabs(job: Job, chosen: int, count: Callable[[int], int]) -> list[PartTab]:
    """Return the parts to choose from; none where there is one. `count`: what each has to show."""
    plan = ImportPlan.from_data(job.plan)
    if not plan.parts:
        return []
    return [
        PartTab(
            number=number, label=label, count=count(number), is_chosen=number == chosen
        )
        for number, label in enumerate(things_of(plan))
    ]


def tabs_of_changes(job: Job, chosen: int, kind: str) -> list[PartTab]:
    """Return the parts of a checked import, each with its rows of a kind ("": of all)."""
    found = job.findings.get("parts", [])
    kinds = [kind] if kind else KINDS

    def count(part: int) -> int:
        return sum(one[name] for one in found[part : part + 1] for name in kinds)

    return part_tabs(job, chosen, count)
