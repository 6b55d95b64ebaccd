"""Propose which column each header of a file means, and tell what makes a plan impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from dataio.columns import Column
from dataio.columns.evidence import Evidence
from dataio.imports import headers as spellings
from dataio.imports import samples as seen
from dataio.imports.candidates import Candidate, candidates
from dataio.imports.inference import evidence_in, with_inferred
from dataio.imports.plan import CREATE, UPDATE, UPSERT, ImportPlan
from dataio.imports.sources import about_sources
from dataio.readers.base import SheetPeek
from dataio.resources import Resource

ALIKE = 85
"""Least likeness of a header and a name, in percent."""
LONGER = 0.91
"""Certainty of a name that says the thing too; no other layer has the same."""
SAMPLE_ROWS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """What a header means."""

    header: str
    column: str = ""
    """Name of the column; "" when no column fits."""
    certainty: float = 0.0
    """1 is the very name, 0.95 and 0.9 other spellings of it, below that it is only alike."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Offer:
    certainty: float
    header: str
    column: str
    reason: str


def match(
    headers: list[str],
    samples: list[list[object]],
    resource: Resource,
    others: Mapping[str, Candidate] | None = None,
) -> list[Match]:
    """Return one match per header, in order. Each column is matched to at most one header.

    `samples`: some raw cells of each header's column, in the order of the headers; they decide
    only whether a name that is merely alike may be meant. Positions play no part.
    `others`: what headers may mean besides the columns of the resource, see `candidates`.
    """
    offers = list(_offers(headers, samples, candidates(resource) | dict(others or {})))
    chosen: dict[str, _Offer] = {}
    taken: set[str] = set()
    for certainty in sorted({offer.certainty for offer in offers}, reverse=True):
        equal = [
            offer
            for offer in offers
            if offer.certainty == certainty
            and offer.header not in chosen
            and offer.column not in taken
        ]
        for offer in equal:
            rivals = [other for other in equal if _compete(offer, other)]
            if len(rivals) == 1:
                chosen[offer.header] = offer
        # A column that two headers claim with equal right is nobody's: a person decides.
        taken |= {offer.column for offer in equal}
    return [_match(header, chosen.get(header)) for header in headers]


def propose_plan(
    peek_sheet: SheetPeek,
    resource: Resource,
    evidence: Mapping[str, Evidence] | None = None,
) -> ImportPlan:
    """Return the plan that fits a sheet as far as it can be told from its first rows.

    `evidence`: what all values prove, by header, see `imports.inference.scan`; without it the
    first rows have to do.
    """
    found = match(peek_sheet.headers, samples_of(peek_sheet), resource)
    mapping = {one.header: one.column for one in found if one.column}
    return plan_with(mapping, peek_sheet, resource, evidence)


def plan_with(
    mapping: dict[str, str],
    peek_sheet: SheetPeek,
    resource: Resource,
    evidence: Mapping[str, Evidence] | None = None,
) -> ImportPlan:
    """Return the plan for a sheet whose headers mean these columns, else as `propose_plan`."""
    mapped = set(mapping.values())
    key = next((key for key in resource.keys if set(key) <= mapped), ())
    plan = ImportPlan(
        resource=resource.label,
        sheet=peek_sheet.name,
        header_row=peek_sheet.header_row,
        header_rows=peek_sheet.header_rows,
        mapping=mapping,
        mode=UPSERT if key else CREATE,
        key=key,
    )
    if evidence is None:
        seen_cells = zip(peek_sheet.headers, samples_of(peek_sheet), strict=True)
        evidence = {header: evidence_in(cells) for header, cells in seen_cells}
    return with_inferred(plan, resource, evidence)


def samples_of(peek_sheet: SheetPeek) -> list[list[object]]:
    """Return some raw cells of each column of a sheet."""
    rows = peek_sheet.rows[peek_sheet.header_row :][:SAMPLE_ROWS]
    return [
        [row[place] if place < len(row) else None for row in rows]
        for place in range(len(peek_sheet.headers))
    ]


def check_plan(plan: ImportPlan, resource: Resource) -> list[str]:
    """Return sentences on what makes the plan impossible; none when it can be run."""
    columns, mapped = dict(resource.import_columns), plan.columns
    # An id tells rows apart, though it fills nothing.
    finding = resource.finding_columns
    if set(plan.key) & set(finding):
        columns |= finding
    known = [name for name in mapped if name in columns]
    problems = [
        _not_filled(name, finding)
        for name in dict.fromkeys([*mapped, *plan.key])
        if name not in columns
    ]
    problems += [
        _chosen_twice(columns[name], filled=name in plan.constants)
        for name in dict.fromkeys(known)
        if known.count(name) > 1
    ]
    if not mapped:
        problems.append(_("No header is matched to a column. Choose at least one."))
    problems += about_sources(plan, resource)
    return problems + _missing(plan, columns) + _about_key(plan, columns)


def _not_filled(name: str, finding: Mapping[str, Column]) -> str:
    if name not in finding:
        return _('There is no column "%(name)s" that a file may fill.') % {"name": name}
    sentence = _(
        '"%(column)s" only tells records apart. Find them by it, or leave it out.'
    )
    return sentence % {"column": finding[name].label}


def _chosen_twice(column: Column, *, filled: bool) -> str:
    said = {"column": column.label}
    if filled:
        sentence = _(
            '"%(column)s" is filled with one value and read from the file too.'
        )
        return sentence % said + " " + _("Choose one of them.")
    sentence = _('"%(column)s" is chosen for more than one header. Choose it once.')
    return sentence % said


def _missing(plan: ImportPlan, columns: dict[str, Column]) -> list[str]:
    if plan.mode == UPDATE:
        return []
    return [
        _('"%(column)s" is needed to create records. Choose the header that holds it.')
        % {"column": column.label}
        for name, column in columns.items()
        if column.required and name not in plan.columns
    ]


def _about_key(plan: ImportPlan, columns: dict[str, Column]) -> list[str]:
    if plan.mode == CREATE:
        return []
    if not plan.key:
        return [
            _("Choose the columns by which existing records are found, or create only.")
        ]
    return [
        _('Records are found by "%(column)s". Choose the header that holds it.')
        % {"column": columns[name].label}
        for name in plan.key
        if name in columns and name not in plan.columns
    ]


def _offers(
    headers: list[str],
    samples: list[list[object]],
    meant: Mapping[str, Candidate],
) -> Iterator[_Offer]:
    columns = {name: one.column for name, one in meant.items()}
    layers: list[tuple[float, Callable[[str], str], str]] = [
        (1.0, str.strip, _("the same name")),
        (0.95, spellings.plain, _("the same name in another spelling")),
        (0.9, spellings.unaccented, _("the same name but for accents")),
    ]
    for certainty, spelling, reason in layers:
        owners = spellings.spelled(columns, spelling)
        for header in headers:
            if column := owners.get(spelling(header)):
                yield _Offer(certainty, header, column, reason)
    owners = spellings.owned({name: one.longer for name, one in meant.items()})
    for header in headers:
        if column := owners.get(spellings.unaccented(header)):
            yield _Offer(LONGER, header, column, _("its whole name"))
    for header, cells in zip(headers, samples, strict=True):
        yield from _alike(header, cells, columns)


def _alike(
    header: str, cells: list[object], columns: dict[str, Column]
) -> Iterator[_Offer]:
    text = spellings.unaccented(header)
    for name, column in columns.items():
        likeness, nearest = max(
            (fuzz.ratio(text, spellings.unaccented(other)), other)
            for other in spellings.names_of(column)
        )
        if likeness >= ALIKE and seen.fit(column.kind, cells):
            reason = _('almost the name "%(name)s"') % {"name": nearest}
            # Below every certainty of a name that is the same.
            yield _Offer(likeness / 100 * 0.89, header, name, reason)


def _compete(one: _Offer, other: _Offer) -> bool:
    return one.header == other.header or one.column == other.column


def _match(header: str, offer: _Offer | None) -> Match:
    if offer is None:
        return Match(header=header)
    return Match(
        header=header,
        column=offer.column,
        certainty=round(offer.certainty, 2),
        reason=offer.reason,
    )
