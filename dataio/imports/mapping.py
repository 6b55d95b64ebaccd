"""From the columns of a file to the columns of a resource: renamed, joined, split, filled."""

from __future__ import annotations

from functools import partial, reduce

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.columns import ParseContext, TextColumn
from dataio.columns.cells import Arrow, pc
from dataio.errors import MissingColumns
from dataio.imports.plan import ImportPlan, Join, Split

BLANKS = r"\s+"


def headers_of(plan: ImportPlan) -> list[str]:
    """Return the headers that the plan reads, each once."""
    joined = [header for join in plan.joins.values() for header in join.headers]
    return list(dict.fromkeys([*plan.mapping, *joined, *plan.splits]))


def mapped(raw: pd.DataFrame, plan: ImportPlan) -> pd.DataFrame:
    """Return raw cells under the names of the plan's columns, in their order.

    Same index, raw cells. Cells that are joined or split are texts; one that has no text
    (a failed formula, a number with lost digits) stays as it is, so that its column refuses it.
    Raises MissingColumns when the file lacks a header.
    """
    missing = [header for header in headers_of(plan) if header not in raw.columns]
    if missing:
        names = ", ".join(f'"{header}"' for header in missing)
        raise MissingColumns(
            _("This file has no column %(names)s. Choose what its columns are again.")
            % {"names": names}
        )
    cells = {name: raw[header] for header, name in plan.mapping.items()}
    for name, join in plan.joins.items():
        cells[name] = joined(raw, join)
    for header, split in plan.splits.items():
        cells |= parted(raw[header], split)
    for name, text in plan.constants.items():
        cells[name] = pd.Series(text, index=raw.index, dtype=object)
    return pd.DataFrame({name: cells[name] for name in plan.columns}, index=raw.index)


def joined(raw: pd.DataFrame, join: Join) -> pd.Series:
    """Return the texts of several columns as one; blank cells add nothing, not even a separator."""
    parts, odd = zip(*(_texts(raw[header]) for header in join.headers), strict=True)
    whole = reduce(partial(_beside, separator=join.separator), parts)
    cells = pd.Series(whole.to_numpy(zero_copy_only=False), raw.index, dtype=object)
    for header, mask in zip(join.headers, odd, strict=True):
        cells[mask] = raw[header][mask]
    return cells


def parted(cells: pd.Series, split: Split) -> dict[str, pd.Series]:
    """Return the parts of each text by column; the last column gets all that is left.

    Parts lose the spaces around them; what is not there is blank. A separator of spaces is
    any number of them.
    """
    texts, odd = _texts(cells)
    most = len(split.columns) - 1
    texts = pc.utf8_trim_whitespace(texts)
    if split.separator.strip():
        pieces = pc.split_pattern(texts, split.separator, max_splits=most)
    else:
        pieces = pc.split_pattern_regex(texts, BLANKS, max_splits=most)
    found: dict[str, pd.Series] = {}
    for place, name in enumerate(split.columns):
        part = _part(pieces, place)
        found[name] = pd.Series(part, index=cells.index, dtype=object)
    found[split.columns[0]][odd] = cells[odd]
    return found


def _beside(left: Arrow, right: Arrow, *, separator: str) -> Arrow:
    both = pc.binary_join_element_wise(left, right, separator)
    return pc.coalesce(both, left, right)


def _part(pieces: Arrow, place: int) -> np.ndarray:
    counts = np.asarray(pc.fill_null(pc.list_value_length(pieces), 0))
    there = counts > place
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    flat = pc.utf8_trim_whitespace(pieces.flatten())
    part = np.full(len(counts), None, dtype=object)
    part[there] = flat.take(pa.array(starts[there] + place)).to_numpy(
        zero_copy_only=False
    )
    part[part == ""] = None
    return part


def _texts(cells: pd.Series) -> tuple[Arrow, np.ndarray]:
    """Return cells as stripped Arrow texts, null where blank, and which have no text."""
    parsed = TextColumn("part").parse(cells, ParseContext())
    found: Arrow = pa.array(parsed.values, pa.string())
    # pandas hands out its Arrow texts in chunks.
    texts = found.combine_chunks() if hasattr(found, "combine_chunks") else found
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return texts, np.asarray(cells.index.isin(parsed.problems["row"]))
