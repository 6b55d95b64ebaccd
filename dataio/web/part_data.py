"""The fields of a form that are about one part of an import, under the names of a form alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

POSITIONED = re.compile(r"(column|part-[ab]|between|[a-z_]+)-\d+")
CHOSEN = re.compile(r"(column|part-[ab])-\d+")
SHARED = {"options-sent", "atomic"}
SPLIT = "*split"


class PartData(Mapping[str, str]):
    """What a form says about a part.

    `column-0` holds column names with the part's prefix; so does the end of `fill-name` and of
    all fields about a column. The fields about a header are the parents' own where both stand
    in the same rows, and start with the prefix where the part has a sheet of its own.
    """

    def __init__(self, data: Mapping[str, str], prefix: str, *, in_rows: bool) -> None:
        """`prefix`: see `ImportPlan.prefix`; "" for the parents."""
        self._data = data
        self._prefix = prefix
        self._in_rows = in_rows

    def __getitem__(self, key: str) -> str:
        found = self._data[self._name(key)]
        if not CHOSEN.fullmatch(key):
            return found
        if found == SPLIT:
            return found if self._splits(key) else ""
        return found.removeprefix(self._prefix) if self._is_own(found) else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def _name(self, key: str) -> str:
        if POSITIONED.fullmatch(key):
            return key if self._in_rows else self._prefix + key
        head, dash, name = key.partition("-")
        if key in SHARED:
            return key
        return f"{head}-{self._prefix}{name}" if dash else self._prefix + key

    def _splits(self, key: str) -> bool:
        """Whether the header is split into columns of this part."""
        first = key.replace("column-", "part-a-")
        return self._is_own(self._data.get(self._name(first), ""))

    def _is_own(self, column: str) -> bool:
        if self._prefix:
            return column.startswith(self._prefix)
        return "." not in column
