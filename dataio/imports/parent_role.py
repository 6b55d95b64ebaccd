"""ParentRole: checking parents, which a sheet they share with children may name often."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import ParseContext
from dataio.columns.problems import join_problems, problems_of
from dataio.imports.check import Checked
from dataio.imports.kin import Alone, names_in
from dataio.imports.nested import not_blank
from dataio.imports.parents import Parents, key_texts
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource

SIGN = "\x1f"
"""Between the cells of a row that are kept as one text."""


class ParentRole(Alone):
    """The parents. In the rows of a sheet they share with children one may be named often."""

    wants_objects = True

    def __init__(
        self,
        plan: ImportPlan,
        resource: Resource,
        known: Parents,
        context: ParseContext,
        *,
        key: str,
        nested: bool,
    ) -> None:
        """`key`: the column by which children name a parent."""
        self._plan = plan
        self._known = known
        self._context = context
        self._nested = nested
        self._column = resource.column(key)

    def given(self, cells: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
        """A row without a key means the parent above it."""
        if not self._nested or cells.empty:
            return cells
        name = self._column.name
        keys = cells[name].where(not_blank(cells[name]), None).ffill()
        if pd.isna(keys.iloc[0]):
            above = self._known.name_above(int(cells.index[0]))
            keys = keys.where(keys.notna(), above)
        return cells.assign(**{name: keys.astype(object).where(keys.notna(), None)})

    def checked(self, checked: Checked) -> Checked:
        """Merge rows that name a parent again; what they say otherwise is a problem."""
        rows = self._rows(checked.cells)
        self._known.note(rows)
        again = rows[rows["first"] < rows.index]
        if not self._nested or again.empty:
            return checked
        differing = self._differing(again, rows, checked.cells)
        merged = again.index[~again.index.isin(differing["row"])]
        others = checked.problems[~checked.problems["row"].isin(again.index)]
        return replace(
            checked,
            clean=checked.clean[~checked.clean.index.isin(again.index)],
            problems=join_problems([others, differing]),
            cells=checked.cells.drop(index=merged),
            merged=merged,
        )

    def settled(self, rows: pd.Index, checked: Checked) -> None:
        good = checked.clean.index.union(checked.merged)
        self._known.judge(good.tolist(), bad=False)
        self._known.judge(rows.difference(good).tolist(), bad=True)

    def _rows(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return key, name, first row and all cells as one text of each row."""
        names = names_in(cells, self._column, self._plan, self._context)
        keys = key_texts(names)
        rows = pd.Series(cells.index.to_numpy(np.int64), index=cells.index)
        before = keys.map(self._known.firsts(keys)["first"]).astype("Float64")
        here = rows.groupby(keys).transform("min").astype("Float64")
        first = pd.concat([before, here], axis=1).min(axis=1).fillna(rows)
        return pd.DataFrame(
            {
                "key": keys,
                "name": names,
                "first": first.astype("int64"),
                "said": self._said(cells) if self._nested else None,
            },
            index=cells.index,
        )

    def _others(self) -> list[str]:
        return [name for name in self._plan.columns if name != self._column.name]

    def _said(self, cells: pd.DataFrame) -> pd.Series:
        said = pd.Series("", index=cells.index, dtype="string")
        for name in self._others():
            texts = cells[name].astype("string").str.strip().fillna("")
            said = said + texts + SIGN
        return said.astype(object)

    def _differing(
        self, again: pd.DataFrame, rows: pd.DataFrame, cells: pd.DataFrame
    ) -> pd.DataFrame:
        """Return a problem for each cell that says something else than the parent's first row."""
        before = again["key"].map(self._known.firsts(again["key"])["said"])
        first = again["first"].map(rows["said"]).fillna(before)
        was = first.str.split(SIGN, expand=True)
        now = again["said"].str.split(SIGN, expand=True)
        found = []
        for place, name in enumerate(self._others()):
            other = (now[place] != "") & (now[place] != was[place])
            wrong = again[other]
            found.append(
                self._other_problems(cells.loc[wrong.index, name], wrong, was[place])
            )
        return join_problems(found)

    def _other_problems(
        self, cells: pd.Series, wrong: pd.DataFrame, was: pd.Series
    ) -> pd.DataFrame:
        problems = problems_of(cells, str(cells.name), "differs", lambda value: value)
        text = _(
            'Row %(row)s says "%(value)s" for %(name)s. Say the same here, or leave it blank.'
        )
        blank = _(
            "Row %(row)s leaves this blank for %(name)s. Leave it blank here too."
        )
        problems["message"] = [
            (text if value else blank) % {"row": row, "value": value, "name": name}
            for row, value, name in zip(
                wrong["first"], was[wrong.index], wrong["name"], strict=True
            )
        ]
        return problems
