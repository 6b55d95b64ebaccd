"""The order of rows on the export page: by one column, then by another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.exports.conditions import NUMBER_KINDS

MOST_LEVELS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class SortLevel:
    """One column that rows are sorted by; path "" is one more that may be chosen."""

    path: str
    is_down: bool
    up_words: str
    down_words: str

    @property
    def sort(self) -> str:
        """As the plan says it."""
        return f"-{self.path}" if self.is_down else self.path


def sort_levels(data: QueryDict, columns: Iterable[Column]) -> list[SortLevel]:
    """Return the chosen levels, and an empty one at the end.

    `columns`: those that rows can be sorted by.
    """
    known = {column.name: column for column in columns}
    ways = [*data.getlist("export-way"), *[""] * MOST_LEVELS]
    chosen: dict[str, bool] = {}
    for path, way in zip(data.getlist("export-sort"), ways, strict=False):
        if path in known:
            chosen.setdefault(path, way == "down")
    levels = [
        _level(path, known[path].kind, is_down=is_down)
        for path, is_down in chosen.items()
    ][:MOST_LEVELS]
    return (
        [*levels, _level("", "", is_down=False)]
        if len(levels) < MOST_LEVELS
        else levels
    )


def _level(path: str, kind: str, *, is_down: bool) -> SortLevel:
    if kind in NUMBER_KINDS or kind == "duration":
        words = _("smallest first"), _("largest first")
    elif kind in ("date", "datetime", "time"):
        words = _("oldest first"), _("newest first")
    elif kind == "boolean":
        words = _("no first"), _("yes first")
    else:
        words = _("A to Z"), _("Z to A")
    return SortLevel(path=path, is_down=is_down, up_words=words[0], down_words=words[1])
