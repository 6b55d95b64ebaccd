"""ChildRole: checking children, whose parents may be in the same file."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn, ParseContext
from dataio.columns.problems import PROBLEM_COLUMNS, join_problems, problems_of
from dataio.imports.awaiting import AWAITED
from dataio.imports.check import Checked, without_rows
from dataio.imports.kin import PARENT, Alone, names_in
from dataio.imports.nested import OWNER
from dataio.imports.parents import Parents, key_texts
from dataio.imports.plan import ImportPlan
from dataio.imports.related import NEW
from dataio.resources import Resource


class ChildRole(Alone):
    """Children. Their parent is in the database already, or in a row of the same file."""

    wants_objects = True

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
