"""Problems: what is wrong with cells, as a frame.

A problems frame has one row per bad cell and the columns

- `row` (int64): the row number as Excel shows it,
- `column` (object str): the field name; "" when the whole row is meant,
- `code` (object str): a stable word such as "not_a_number",
- `value` (object str): the value seen, as text, cut after `VALUE_LENGTH` characters,
- `message` (object str): a sentence that says what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import pandas as pd

PROBLEM_COLUMNS = ["row", "column", "code", "value", "message"]
VALUE_LENGTH = 200


def no_problems() -> pd.DataFrame:
    """Return a problems frame without rows."""
    # A copy takes a thirtieth of the time, and each chunk asks some thirty times.
    return _none().copy()


@cache
def _none() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype=object) for name in PROBLEM_COLUMNS})
    return frame.astype({"row": "int64"})


def problems_of(
    cells: pd.Series, column: str, code: str, sentence: Callable[[str], str]
) -> pd.DataFrame:
    """Return one problem per cell of `cells` (raw cells; index = row numbers).

    `sentence` is called once per distinct value with the value as text.
    """
    if cells.empty:
        return no_problems()
    shown = cells.map(shown_value)
    sentences = {value: sentence(value) for value in shown.unique()}
    return pd.DataFrame(
        {
            "row": cells.index.to_numpy(np.int64),
            "column": pd.Series(column, index=cells.index, dtype=object).to_numpy(),
            "code": pd.Series(code, index=cells.index, dtype=object).to_numpy(),
            "value": shown.to_numpy(object),
            "message": shown.map(sentences).to_numpy(object),
        }
    )


def join_problems(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return all parts as one problems frame, in the order of the rows."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return no_problems()
    joined = pd.concat(filled, ignore_index=True)
    return joined.sort_values("row", kind="stable", ignore_index=True)


def shown_value(value: object) -> str:
    """Return a raw cell as the text that a person recognises from the sheet.

    What no database keeps (NUL, half a character) is shown as "\ufffd".
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    text = "" if value is None or value is pd.NA else str(value)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\0", "\ufffd")
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"
