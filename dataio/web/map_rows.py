"""The rows of the mapping page: each column of the file, how sure it is, how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dataio.columns import CellFormat
from dataio.columns.evidence import Evidence
from dataio.imports.inference import DATE_KINDS, NUMBER_KINDS, inferred, part_key
from dataio.imports.matching import Match, match
from dataio.imports.plan import ImportPlan, Split
from dataio.readers.base import column_letters
from dataio.resources import Resource
from dataio.web.cells import cell_of
from dataio.web.map_form import PARTS, SPLIT
from dataio.web.mapped import Header, PartHeader, Reading, needs_of, readings_of

SAMPLES = 3
READINGS = 2
SAME_NAME = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class MapRows:
    """What is decided, beside what was proposed."""

    current: ImportPlan
    proposal: ImportPlan
    evidence: dict[str, Evidence]
    resource: Resource
    is_filled: bool
    """The person sent the form."""
    is_known: bool
    """The proposal is a recipe's."""
    is_decided: bool = False
    """The proposal is what the person decided before."""

    def headers(self, texts: list[str], samples: list[list[object]]) -> list[Header]:
        """Return the columns of the file; `samples` are some raw cells of each."""
        matches = match(texts, samples, self.resource)
        return [
            self._header(position, one, samples[position])
            for position, one in enumerate(matches)
        ]

    def _header(self, position: int, found: Match, cells: list[object]) -> Header:
        plan, evidence = self.current, self.evidence.get(found.header, {})
        split = plan.splits.get(found.header, Split(columns=()))
        column = self._column_of(found.header, plan)
        said = SPLIT if found.header in plan.splits else column
        expected = self._expected(found)
        formats = plan.formats.get(column) or self._proved(column, evidence)
        header = Header(
            position=position,
            text=found.header,
            letters=column_letters(position + 1),
            samples=[cell_of(value) for value in cells if value not in (None, "")][
                :SAMPLES
            ],
            column=said,
            expected=expected,
            sure=self._sure(found, said, expected),
            reason=found.reason if said and said == found.column else "",
            formats=formats,
            split=split,
            evidence=evidence,
            has_texts=bool(evidence) or any(type(cell) is str for cell in cells),
            readings=self._readings(column, formats, [*evidence.values(), *cells]),
        )
        return replace(header, part_headers=tuple(self._parts(header)))

    def _parts(self, header: Header) -> Iterator[PartHeader]:
        """Yield the parts of a split column whose texts can be read in several ways."""
        split = header.split
        for place, (letter, name) in enumerate(zip(PARTS, split.columns, strict=False)):
            column = self.resource.column(name)
            evidence = self.evidence.get(part_key(header.text, split, place), {})
            formats = self.current.formats.get(name, CellFormat())
            if needs := needs_of(column):
                part = replace(
                    header,
                    formats=formats,
                    evidence=evidence,
                    readings=self._readings(name, formats, list(evidence.values())),
                )
                label = str(column.label)
                yield PartHeader(letter=letter, label=label, needs=needs, header=part)

    def _expected(self, found: Match) -> str:
        """Return what the recipe, or else the proposal, says of a header."""
        if found.header in self.proposal.splits:
            return SPLIT
        return self._column_of(found.header, self.proposal)

    def _sure(self, found: Match, said: str, expected: str) -> str:
        if not said or said != expected:
            return "chosen" if said else "out"
        if self.is_known:
            return "recipe"
        if self.is_decided and said != found.column:
            return "chosen"
        return "certain" if found.certainty >= SAME_NAME else "likely"

    def _column_of(self, header: str, plan: ImportPlan) -> str:
        if name := plan.mapping.get(header):
            return name
        joins = plan.joins.items()
        return next((name for name, one in joins if header in one.headers), "")

    def _proved(self, column: str, evidence: Evidence) -> CellFormat:
        if column or self.is_filled:
            return CellFormat()
        # What becomes nothing yet may become a number or a date.
        number = inferred("decimal", evidence)
        return replace(number, date_order=inferred("date", evidence).date_order)

    def _readings(
        self, name: str, formats: CellFormat, cells: list[object]
    ) -> list[Reading]:
        column = self.resource.import_columns.get(name)
        texts = dict.fromkeys(
            cell for cell in cells if type(cell) is str and cell.strip()
        )
        if column is None or column.kind not in (*DATE_KINDS, *NUMBER_KINDS):
            return []
        return readings_of(column, formats, list(texts)[:READINGS])
