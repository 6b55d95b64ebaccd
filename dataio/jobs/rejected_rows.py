"""The rows with problems of a checked import, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from django.db import models

from dataio.imports import rejected as kept
from dataio.imports.family import with_prefix
from dataio.imports.plan import ImportPlan
from dataio.jobs import files
from dataio.models import Chunk, Job


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedRow:
    """One row with problems."""

    row: int
    """As Excel shows it."""
    cells: dict[str, str]
    """Column name -> what stands in the cell now, decisions included; "" for a blank one."""
    problems: dict[str, str]
    """Column name ("" for the whole row) -> what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedPage:
    """Some of the rows with problems, in the order of the file."""

    total: int
    columns: list[str]
    rows: list[RejectedRow]


def rejected_page(
    job: Job, *, part: int = 0, start: int = 0, count: int = 100
) -> RejectedPage:
    """Return `count` rows with problems of a part from the one at `start` (from 0) on.

    Reads only the files of the chunks these rows are in.
    """
    rows: list[RejectedRow] = []
    plan = ImportPlan.from_data(job.plan).all_parts[part]
    total = 0
    for chunk in _chunks(job, part):
        first, last = start - total, start + count - total
        total += chunk.failed
        path = rejected_file(chunk)
        if first < chunk.failed and last > 0 and path.exists():
            some = slice(max(first, 0), last)
            rows += _rows(path, some, plan)
    columns = [plan.prefix + name for name in plan.columns]
    return RejectedPage(total=total, columns=columns, rows=rows)


def rejected_count(job: Job, part: int = 0) -> int:
    """Return how many rows of a part have problems that can be corrected."""
    return sum(chunk.failed for chunk in _chunks(job, part))


def rejected_files(job: Job, part: int = 0) -> Iterator[Path]:
    """Yield where rows with problems of a part are kept, in the order of the file."""
    for chunk in _chunks(job, part):
        if (path := rejected_file(chunk)).exists():
            yield path


def rejected_file(chunk: Chunk) -> Path:
    """Return where the rows with problems of a chunk are kept now."""
    version = chunk.findings.get("rejected", 0)
    return files.rejected_path(chunk.job_id, chunk.number, version)


def rejected_numbers(job: Job, part: int = 0) -> pd.Index:
    """Return the numbers of all rows of a part with problems whose cells can be corrected."""
    found = [kept.read_rows(path) for path in rejected_files(job, part)]
    return pd.Index(np.concatenate(found) if found else [], dtype="int64")


def cell_text(cell: object) -> str:
    """Return a raw cell as a person would type it, whole; "" for a blank one."""
    if cell is None:
        return ""
    return str(cell).upper() if isinstance(cell, bool) else str(cell)


def sentences_of(problems: pd.DataFrame) -> dict[int, dict[str, str]]:
    """Return by row and column what is wrong there; several sentences become one text."""
    found: dict[int, dict[str, str]] = {}
    for row, column, sentence in zip(
        problems["row"].tolist(), problems["column"], problems["message"], strict=True
    ):
        here = found.setdefault(row, {})
        here[column] = f"{here[column]} {sentence}" if column in here else sentence
    return found


def _chunks(job: Job, part: int) -> models.QuerySet[Chunk]:
    chunks = Chunk.objects.filter(job=job, part=part, failed__gt=0)
    return chunks.order_by("first_row")


def _rows(path: Path, some: slice, plan: ImportPlan) -> Iterator[RejectedRow]:
    rejected = kept.read(path)
    cells = rejected.cells.iloc[some]
    here = rejected.problems["row"].isin(cells.index)
    sentences = sentences_of(with_prefix(rejected.problems[here], plan))
    # What is kept beside the columns is not for people.
    names = [str(name) for name in cells.columns if name in plan.columns]
    columns = [plan.prefix + name for name in names]
    texts = cells[names].map(cell_text).to_numpy(object)
    for row, of_row in zip(cells.index.tolist(), texts.tolist(), strict=True):
        yield RejectedRow(
            row=row,
            cells=dict(zip(columns, of_row, strict=True)),
            problems=sentences.get(row, {}),
        )
