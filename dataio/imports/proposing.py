"""Proposing: which children a file holds beside their parents, by its headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dataio.columns.evidence import Evidence
from dataio.imports.candidates import candidates
from dataio.imports.family import Child, children_of
from dataio.imports.matching import (
    match,
    plan_with,
    propose_plan,
    samples_of,
)
from dataio.imports.plan import ImportPlan
from dataio.readers import Peek, SheetPeek
from dataio.resources import Resource, registry

FEWEST = 2
"""Columns of parents, and of children, that headers must mean before both are proposed."""
EvidenceOf = Callable[[SheetPeek], Mapping[str, Evidence] | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Brood:
    """Children that a file may hold, and where."""

    child: Child
    sheet: SheetPeek
    in_rows: bool
    """On the sheet of the parents, in their rows and below."""

    @property
    def things(self) -> str:
        """What the children are called."""
        return self.child.resource.verbose_name_plural

    @property
    def value(self) -> str:
        """What forms call it."""
        place = "" if self.in_rows else f":{self.sheet.name}"
        return self.child.resource.label + place

    def is_in(self, plan: ImportPlan) -> bool:
        """Return whether a plan has these children as a part."""
        return any(
            part.resource == self.child.resource.label
            and part.link == self.child.link
            and part.sheet == self.sheet.name
            for part in plan.parts
        )


def broods(peek: Peek, sheet: SheetPeek, resource: Resource) -> list[Brood]:
    """Return where a file may hold children of the records on a sheet; the likely ones first."""
    found = []
    for child in children_of(resource):
        others = [
            one for one in peek.sheets if one.name != sheet.name and one.header_row
        ]
        there = [
            Brood(child=child, sheet=other, in_rows=False)
            for other in sorted(others, key=lambda one: -_matched(one, child))
        ]
        rows = [Brood(child=child, sheet=sheet, in_rows=True)]
        found += rows + there if is_mixed(sheet, resource, child) else there + rows
    return found


def is_mixed(sheet: SheetPeek, resource: Resource, child: Child) -> bool:
    """Return whether headers of one sheet speak of parents and of children."""
    parents, children = mixed_mappings(sheet, resource, child)
    both = min(len(parents), len(children)) >= FEWEST
    return both and child.key in parents.values()


def has_brood(brood: Brood, resource: Resource) -> bool:
    """Return whether it can be told from the headers that the children are there."""
    if brood.in_rows:
        return is_mixed(brood.sheet, resource, brood.child)
    return brood.sheet.visible and _matched(brood.sheet, brood.child) > FEWEST


def with_brood(
    plan: ImportPlan, sheet: SheetPeek, brood: Brood, evidence_of: EvidenceOf
) -> ImportPlan:
    """Return the plan for parents with a part for their children."""
    child, evidence = brood.child, evidence_of(brood.sheet)
    if not brood.in_rows:
        part = propose_plan(brood.sheet, child.resource, evidence)
        return plan.with_changes(parts=(replace(part, link=child.link),))
    resource = registry.get(plan.resource)
    parents, children = mixed_mappings(sheet, resource, child)
    whole = plan_with(parents, sheet, resource, evidence)
    part = plan_with(
        children | link_mapping(whole, child), sheet, child.resource, evidence
    )
    return whole.with_changes(parts=(replace(part, link=child.link),))


def mixed_mappings(
    sheet: SheetPeek, resource: Resource, child: Child
) -> tuple[dict[str, str], dict[str, str]]:
    """Return header -> column of the parents, and header -> column of the children."""
    prefix = "."
    others = candidates(child.resource, prefix)
    del others[prefix + child.link]
    found = match(sheet.headers, samples_of(sheet), resource, others)
    meant = {one.header: one.column for one in found if one.column}
    return (
        {text: name for text, name in meant.items() if not name.startswith(prefix)},
        {
            text: name.removeprefix(prefix)
            for text, name in meant.items()
            if name.startswith(prefix)
        },
    )


def link_mapping(plan: ImportPlan, child: Child) -> dict[str, str]:
    """Return the header of the parents' key as the header of the children's link."""
    headers = (text for text, name in plan.mapping.items() if name == child.key)
    return dict.fromkeys(headers, child.link)


def _matched(sheet: SheetPeek, child: Child) -> int:
    """Return how many headers of a sheet mean columns of the children; 0 without the link."""
    if not sheet.header_row:
        return 0
    mapping = propose_plan(sheet, child.resource).mapping
    return len(mapping) if child.link in mapping.values() else 0
