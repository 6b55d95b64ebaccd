"""Stage: read the workbook once, check each chunk, keep its clean rows as a Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dataio.columns import ParseContext
from dataio.imports.check import Checked, cells_of, check_cells, check_keys
from dataio.imports.duplicates import KeyIndex
from dataio.imports.fixes import Fixes, correct, leave_out_skipped
from dataio.imports.kin import Alone
from dataio.imports.plan import ImportPlan
from dataio.imports.rejected import Rejected, keep
from dataio.progress.meter import Meter
from dataio.readers import Reader, as_objects
from dataio.resources import Resource

ROW = "__row__"
"""The column of a chunk file that holds the row numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Staging:
    """Where the chunks of one file go, and how they are checked."""

    plan: ImportPlan
    resource: Resource
    context: ParseContext
    keys: KeyIndex
    chunk_path: Callable[[int], Path]
    """Where the chunk of a number is kept."""
    rejected_path: Callable[[int], Path]
    """Where the rows with problems of a chunk are kept."""
    chunk_rows: int
    fixes: Fixes = field(default_factory=Fixes)
    """What was decided beforehand, in a recipe or about an earlier version of the file."""
    role: Alone = field(default_factory=Alone)
    part: int = 0
    """Whose rows these are, see `ImportPlan.all_parts`."""


Apart = Callable[[pd.DataFrame], Sequence[pd.DataFrame]]
"""Takes a raw frame apart into one for each staging."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedChunk:
    """One chunk whose clean rows are on disk."""

    number: int
    part: int
    first_row: int
    last_row: int
    rows: int
    failed: int
    skipped: int
    """Rows a person chose to leave out."""
    problems: pd.DataFrame


def stage(
    reader: Reader,
    stagings: Sequence[Staging],
    meter: Meter,
    *,
    apart: Apart = lambda raw: [raw],
    after: int = 0,
    others: int = 0,
    done: Container[int] = (),
) -> Iterator[StagedChunk]:
    """Yield each chunk of one sheet once it is checked and kept.

    `stagings`: of the parts whose rows the sheet holds, and `apart` what takes them apart.
    `after`: the number that chunks of earlier sheets end with; `others`: rows of other sheets.
    `done`: numbers of chunks that an earlier attempt kept; their rows are only read over.

    A chunk's number follows from its place in the file, from 1, so that staging a file again
    gives the same chunks. Holds one chunk in memory. Raises UnreadableFile when the file is
    damaged.
    """
    meter.begin("reading", _expected(reader, others))
    frames = reader.frames(stagings[0].chunk_rows)
    if any(staging.role.wants_objects for staging in stagings):
        frames = map(as_objects, frames)
    for first, raw in zip(count(after + 1, len(stagings)), frames, strict=False):
        meter.advance(len(raw), _expected(reader, others))
        meter.begin("checking", _expected(reader, others))
        parts = zip(apart(raw), stagings, strict=True)
        for number, (rows, staging) in enumerate(parts, start=first):
            if len(rows) and number not in done:
                yield _staged(number, rows, staging)
        meter.advance(len(raw))
        meter.begin("reading")


def end_staging(meter: Meter) -> None:
    """Tell that all sheets are read and checked."""
    meter.end()
    meter.begin("checking")
    meter.end()


def _expected(reader: Reader, others: int) -> int | None:
    """Return how many rows all sheets have, as far as is known."""
    return None if reader.expected_rows is None else reader.expected_rows + others


def write_chunk(frame: pd.DataFrame, path: Path) -> None:
    """Keep a clean frame as a Parquet file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.append_column(ROW, pa.array(frame.index.to_numpy("int64")))
    temporary = path.with_suffix(".part")
    # Read once or twice, and whole: what helps to skip values costs more than it saves.
    pq.write_table(
        table,
        temporary,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
    )
    temporary.replace(path)


def read_chunk(path: Path) -> pd.DataFrame:
    """Return the clean frame that `write_chunk` kept."""
    table = pq.read_table(path)
    rows = table.column(ROW).to_numpy()
    frame = table.drop_columns([ROW]).to_pandas(types_mapper=pd.ArrowDtype)
    return frame.set_axis(pd.Index(rows, dtype="int64"), axis=0)


def keep_rejected(checked: Checked, path: Path) -> None:
    """Keep the rows that have problems, if there are any."""
    if checked.failed:
        keep(Rejected(cells=checked.rejected, problems=checked.problems), path)


def check_corrected(
    cells: pd.DataFrame, problems: pd.DataFrame, staging: Staging
) -> Checked:
    """Return the check of cells after everything decided about their problems is done.

    Rows the person skipped are not among its rows. Keys are not looked at yet.
    """
    check = partial(_checked, staging=staging)
    return correct(as_objects(cells), problems, staging.fixes, check)


def _staged(number: int, raw: pd.DataFrame, staging: Staging) -> StagedChunk:
    checked = _check(number, raw, staging)
    write_chunk(checked.clean, staging.chunk_path(number))
    keep_rejected(checked, staging.rejected_path(number))
    rows = len(raw) - len(checked.merged)
    return StagedChunk(
        number=number,
        part=staging.part,
        first_row=int(raw.index[0]),
        last_row=int(raw.index[-1]),
        rows=rows,
        failed=checked.failed,
        skipped=rows - checked.rows,
        problems=checked.problems,
    )


def _check(number: int, raw: pd.DataFrame, staging: Staging) -> Checked:
    cells = cells_of(raw, staging.plan, staging.resource)
    cells = staging.role.given(cells, raw)
    checked = _checked(cells, staging)
    decided = len(staging.fixes.matching(checked.problems))
    if decided or staging.fixes.edits(cells.index):
        checked = check_corrected(cells, checked.problems, staging)
    checked = check_keys(checked, number, staging.plan, staging.keys)
    checked = leave_out_skipped(checked, staging.fixes)
    staging.role.settled(cells.index, checked)
    return checked


def _checked(cells: pd.DataFrame, staging: Staging) -> Checked:
    checked = check_cells(
        cells, staging.plan, staging.resource, staging.context, staging.role.awaits
    )
    return staging.role.checked(checked)
