"""How a file writes its numbers and dates: inferred from all its values, never guessed.

What the values prove is proposed; what they leave open is a question for the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import CellFormat
from dataio.columns.evidence import CURRENCY, Evidence, evidence_of, joined
from dataio.imports.mapping import parted
from dataio.imports.plan import ImportPlan, Split
from dataio.readers import Reader
from dataio.resources import Resource

SCANNED_ROWS = 50_000
"""Rows looked at; later cells that do not fit become problems."""
SCANNED_CELLS = 2_000_000
FRAME_CELLS = 200_000
"""Cells held at once: a sheet may have a thousand columns."""
NUMBER_KINDS = ("integer", "float", "decimal")
DATE_KINDS = ("date", "datetime")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """What the values of a file prove, by header."""

    evidence: dict[str, Evidence]
    rows: int
    whole: bool
    """All rows were looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the values of one column leave open."""

    part: str
    """The field of CellFormat that answers it."""
    sentence: str


def scan(
    reader: Reader, limit: int = SCANNED_ROWS, splits: Mapping[str, Split] | None = None
) -> Scan:
    """Return what the first rows prove, all of them unless there are more than `limit`.

    `splits`: by header; the evidence of each part is added, see `part_key`.
    Of a wide sheet fewer rows are looked at, and held at once: 10,000 of 20 columns.
    Raises UnreadableFile when the file is damaged.
    """
    width = max(len(reader.headers), 1)
    limit = min(limit, max(SCANNED_CELLS // width, 1_000))
    evidence: dict[str, Evidence] = {}
    rows = 0
    for frame in reader.frames(max(min(10_000, FRAME_CELLS // width), 100)):
        for place, header in enumerate(frame.columns):
            found = evidence_of(frame.iloc[:, place])
            evidence[header] = joined(evidence.get(header, {}), found)
        for key, cells in _parts(frame, splits or {}):
            evidence[key] = joined(evidence.get(key, {}), evidence_of(cells))
        rows += len(frame)
        if rows >= limit:
            break
    return Scan(evidence=evidence, rows=rows, whole=rows < limit)


def part_key(header: str, split: Split, place: int) -> str:
    """Return under which name the evidence of one part of a column is kept."""
    return "\x1f".join([header, split.separator, str(len(split.columns)), str(place)])


def _parts(
    frame: pd.DataFrame, splits: Mapping[str, Split]
) -> Iterator[tuple[str, pd.Series]]:
    for header, split in splits.items():
        if header in frame and split.columns:
            # Named by their places: a column may have been chosen for both.
            places = tuple(str(place) for place in range(len(split.columns)))
            cells = parted(frame[header], replace(split, columns=places))
            for place in places:
                yield part_key(header, split, int(place)), cells[place]


def evidence_in(cells: Iterable[object]) -> Evidence:
    """Return what some sample cells prove."""
    return evidence_of(pd.Series(list(cells), dtype=object))


def inferred(kind: str, evidence: Evidence) -> CellFormat:
    """Return how a column of that kind is written as far as that is proved."""
    if kind in DATE_KINDS:
        return CellFormat(date_order=_proved_order(evidence))
    if kind not in NUMBER_KINDS:
        return CellFormat()
    signs = {"point": ".", "comma": ","}
    money = currencies(evidence)
    return CellFormat(
        decimal=signs.get(_only(evidence, set(signs)), ""),
        currency=money[0] if len(money) == 1 else "",
        negative="minus" if "negative" in evidence else "",
    )


def questions(kind: str, evidence: Evidence, cell_format: CellFormat) -> list[Question]:
    """Return what a column of that kind leaves open still, after what the person chose."""
    if kind in DATE_KINDS:
        asked = [_about_dates(evidence)] if not cell_format.date_order else []
    elif kind in NUMBER_KINDS:
        asked = [] if cell_format.decimal else [_about_decimals(evidence)]
        asked += [] if cell_format.currency else [_about_money(evidence)]
        asked += [] if cell_format.percent else [_about_percents(evidence)]
    else:
        asked = []
    return [question for question in asked if question is not None]


def by_column(
    plan: ImportPlan, evidence: Mapping[str, Evidence]
) -> dict[str, Evidence]:
    """Return the evidence of each column that is read from cells of the file."""
    found = {name: evidence.get(header, {}) for header, name in plan.mapping.items()}
    for name, join in plan.joins.items():
        found[name] = {}
        for header in join.headers:
            found[name] = joined(found[name], evidence.get(header, {}))
    for header, split in plan.splits.items():
        for place, name in enumerate(split.columns):
            found[name] = evidence.get(part_key(header, split, place), {})
    return found


def with_inferred(
    plan: ImportPlan, resource: Resource, evidence: Mapping[str, Evidence]
) -> ImportPlan:
    """Return the plan with what is proved in place of what it does not say."""
    formats = dict(plan.formats)
    for name, found in by_column(plan, evidence).items():
        proved = inferred(resource.column(name).kind, found)
        formats[name] = joined_formats(formats.get(name, CellFormat()), proved)
    return replace(
        plan,
        formats={name: one for name, one in formats.items() if one != CellFormat()},
    )


def joined_formats(said: CellFormat, proved: CellFormat) -> CellFormat:
    """Return what was said, and where nothing was, what is proved."""
    told = {part: value for part, value in asdict(said).items() if value}
    return replace(proved, **told)


def open_questions(
    plan: ImportPlan, resource: Resource, evidence: Mapping[str, Evidence]
) -> dict[str, list[Question]]:
    """Return what has to be asked before the import can start, by column."""
    found = {
        name: questions(
            resource.column(name).kind, proofs, plan.formats.get(name, CellFormat())
        )
        for name, proofs in by_column(plan, evidence).items()
        if name in resource.columns
    }
    return {name: asked for name, asked in found.items() if asked}


def _only(evidence: Evidence, words: set[str]) -> str:
    found = words & evidence.keys()
    return found.pop() if len(found) == 1 else ""


def _proved_order(evidence: Evidence) -> str:
    # A year in front is certain in any column: it proves nothing about the others.
    order = _only(evidence, {"DMY", "MDY"})
    alone = not {"DMY", "MDY", "either_date"} & evidence.keys()
    return order or ("YMD" if alone and "YMD" in evidence else "")


def currencies(evidence: Evidence) -> list[str]:
    """Return the currencies whose signs were seen."""
    return [
        word.removeprefix(CURRENCY) for word in evidence if word.startswith(CURRENCY)
    ]


def _about_dates(evidence: Evidence) -> Question | None:
    if {"DMY", "MDY"} <= evidence.keys():
        said = {"one": evidence["DMY"], "other": evidence["MDY"]}
        sentence = _(
            '"%(one)s" has the day in front, "%(other)s" the month. Choose how dates are '
            "written; the others are listed as problems."
        )
        return Question(part="date_order", sentence=sentence % said)
    if "either_date" not in evidence or {"DMY", "MDY"} & evidence.keys():
        return None
    sentence = _('"%(value)s": is the day or the month in front?')
    return Question(
        part="date_order", sentence=sentence % {"value": evidence["either_date"]}
    )


def _about_decimals(evidence: Evidence) -> Question | None:
    if {"point", "comma"} <= evidence.keys():
        said = {"one": evidence["point"], "other": evidence["comma"]}
        sentence = _(
            '"%(one)s" has a decimal point, "%(other)s" a decimal comma. Choose how numbers '
            "are written; the others are listed as problems."
        )
        return Question(part="decimal", sentence=sentence % said)
    if "either_number" not in evidence or {"point", "comma"} & evidence.keys():
        return None
    text = evidence["either_number"]
    bare = "".join(sign for sign in text if sign.isdigit() or sign in ".,")
    said = {
        "value": text,
        "large": bare.replace(".", "").replace(",", ""),
        "small": bare.replace(",", "."),
    }
    sentence = _('"%(value)s": is it %(large)s or %(small)s?')
    return Question(part="decimal", sentence=sentence % said)


def _about_money(evidence: Evidence) -> Question | None:
    found = currencies(evidence)
    if len(found) < 2:
        return None
    said = {"currencies": ", ".join(found)}
    sentence = _(
        "There are several currencies: %(currencies)s. Choose one; amounts in others are "
        "listed as problems."
    )
    return Question(part="currency", sentence=sentence % said)


def _about_percents(evidence: Evidence) -> Question | None:
    if "percent" not in evidence:
        return None
    digits = "".join(
        sign for sign in evidence["percent"] if sign.isdigit() or sign in ".,"
    )
    sentence = _('"%(value)s": is it kept as %(number)s or as a hundredth of that?')
    said = {"value": evidence["percent"], "number": digits}
    return Question(part="percent", sentence=sentence % said)
