"""Kin: what is special about checking parents and children that one file holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import CellFormat, Column, ForeignKeyColumn, ParseContext
from dataio.columns.problems import PROBLEM_COLUMNS, join_problems, problems_of
from dataio.imports.awaiting import AWAITED
from dataio.imports.check import Checked, without_rows
from dataio.imports.nested import OWNER, not_blank
from dataio.imports.parents import Parents, key_texts, name_texts
from dataio.imports.plan import ImportPlan
from dataio.imports.related import NEW
from dataio.resources import Resource

PARENT = "parent"
"""Code of the problem of children whose parent has one."""
SIGN = "\x1f"
"""Between the cells of a row that are kept as one text."""


class Alone:
    """Rows that have no kin in the file."""

    awaits: Sequence[str] = ()
    """See `dataio.imports.check.check_cells`."""

    def given(self, cells: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
        """Return the cells of rows that were just read from `raw`."""
        return cells

    def again(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells of rows that are checked once more."""
        return cells

    def checked(self, checked: Checked) -> Checked:
        """Return the check with the rules about kin."""
        return checked

    def settled(self, rows: pd.Index, checked: Checked) -> None:
        """Take note of what became of `rows` in the end."""


class ParentRole(Alone):
    """The parents. In the rows of a sheet they share with children one may be named often."""

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


class ChildRole(Alone):
    """Children. Their parent is in the database already, or in a row of the same file."""

    def __init__(
        self,
        plan: ImportPlan,
        resource: Resource,
        known: Parents,
        context: ParseContext,
        *,
        sheet: str = "",
    ) -> None:
        """`sheet`: where the parents are, when that is another sheet."""
        column = resource.column(plan.link)
        assert isinstance(column, ForeignKeyColumn)  # noqa: S101  a link always is one
        self.awaits = (plan.link,)
        self._plan = plan
        self._known = known
        self._context = context
        self._column = column
        self._sheet = sheet

    def given(self, cells: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
        if OWNER not in raw:
            return cells
        return self.again(cells.assign(**{OWNER: raw[OWNER].reindex(cells.index)}))

    def again(self, cells: pd.DataFrame) -> pd.DataFrame:
        """A row belongs to the parent above it, also after that one's key was corrected."""
        if OWNER not in cells:
            return cells
        names = cells[OWNER].map(self._known.owners(cells[OWNER])["name"])
        names = names.astype(object).where(names.notna(), None)
        return cells.assign(**{self._column.name: names})

    def checked(self, checked: Checked) -> Checked:
        """Rows need a parent that is there, or whose own row has no problem."""
        cells = checked.cells
        names = names_in(cells, self._column.key, self._plan, self._context)
        keys = key_texts(names)
        firsts = self._known.firsts(keys)
        found = [self._problems_of_parents(cells, keys, firsts)]
        clean = checked.clean
        waiting = NEW + self._column.name
        if waiting in clean:
            unknown = clean[waiting].notna() & ~keys[clean.index].isin(firsts.index)
            found.append(self._nowhere(cells.loc[unknown[unknown].index]))
            clean = clean.rename(columns={waiting: AWAITED + self._column.name})
        return replace(
            checked,
            clean=without_rows(clean, found),
            problems=join_problems([checked.problems, *found]),
        )

    def _problems_of_parents(
        self, cells: pd.DataFrame, keys: pd.Series, firsts: pd.DataFrame
    ) -> pd.DataFrame:
        bad = firsts.loc[firsts["bad"], "first"]
        rows = keys.map(bad).astype("Float64")
        if OWNER in cells:
            owners = self._known.owners(cells[OWNER])
            wrong = cells[OWNER].isin(owners.index[owners["bad"]])
            rows = cells[OWNER].where(wrong, None).astype("Float64").fillna(rows)
        orphans = rows.dropna().astype("int64")
        named = self._column.name
        problems = problems_of(
            cells.loc[orphans.index, named], named, PARENT, lambda value: value
        )
        said = {row: self._sentence(row) for row in orphans.unique().tolist()}
        problems["message"] = orphans.map(said).to_numpy(object)
        return problems[PROBLEM_COLUMNS]

    def _sentence(self, row: int) -> str:
        text = _("The %(thing)s in row %(row)s has a problem. It is needed first.")
        if self._sheet:
            text = _(
                'The %(thing)s in row %(row)s of "%(sheet)s" has a problem. It is needed first.'
            )
        return text % {"thing": self._column.what, "row": row, "sheet": self._sheet}

    def _nowhere(self, cells: pd.DataFrame) -> pd.DataFrame:
        named = self._column.name
        lookups = self._context.lookups
        return problems_of(
            cells[named],
            named,
            "not_found",
            lambda value: self._column.not_found(value, lookups),
        )


def names_in(
    cells: pd.DataFrame, column: Column, plan: ImportPlan, context: ParseContext
) -> pd.Series:
    """Return the values that a column reads as texts; None where it reads none."""
    cell_format = plan.formats.get(column.name, CellFormat())
    context = replace(context, cell_format=cell_format)
    return name_texts(column.parse(cells[column.name], context).values)
