"""The mapping page: what it offers, and what the person decided, as an ImportPlan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from dataio import identity
from dataio.columns.evidence import Evidence
from dataio.imports.guessing import guess_resource, main_sheet
from dataio.imports.inference import Scan, with_inferred
from dataio.imports.matching import propose_plan
from dataio.imports.plan import ImportPlan, Split
from dataio.imports.proposing import Brood, broods, has_brood, link_mapping, with_brood
from dataio.jobs.recipes import Found
from dataio.readers import Peek, SheetPeek
from dataio.resources import Resource
from dataio.web import map_rights
from dataio.web.map_part import MapPart, PartInRows, tell_apart
from dataio.web.mapped import Choice, Header, Needed, with_header_row

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

ScanOf = Callable[..., Scan]


class MapPage(MapPart):
    """The choices of one draft import. `data` is the query or the form as it came."""

    def __init__(
        self,
        peek: Peek,
        data: Mapping[str, str],
        scan_of: ScanOf,
        known: Found | None = None,
        before: ImportPlan | None = None,
        user: AbstractBaseUser | None = None,
    ) -> None:
        """`scan_of`: what a sheet's values prove; `known`: the recipe; `before`: decided earlier."""
        self.peek = peek
        self.data = data
        self.known = known
        self.before = before
        self.user = user
        self._scan_of = scan_of
        sheet = known.sheet if known else self._chosen_sheet()
        resource = self._chosen_resource(sheet)
        self.resource = resource
        self.broods = map_rights.permitted(broods(peek, sheet, resource), user)
        whole = map_rights.without_hidden(self._proposed(sheet, resource), user)
        super().__init__(data, sheet, whole, resource, partial(self._scan, sheet))
        self.is_known, self.is_decided = known is not None, before is not None
        self.child = self._child(whole)
        tell_apart(self.parts)

    @property
    def plan(self) -> ImportPlan:
        """What the person decided."""
        return self.decided.with_changes(parts=self._parts)

    @property
    def parts(self) -> list[MapPart]:
        """The parents, and their children where the file holds them."""
        return [self, *([self.child] if self.child else [])]

    @property
    def on_other_sheet(self) -> MapPart | None:
        """The children, where they have a sheet of their own."""
        return self.child if self.child and not self.child.in_rows else None

    @property
    def groups(self) -> list[MapPart]:
        """Whose columns a header of this sheet may become."""
        return [one for one in self.parts if one.in_rows or not one.prefix]

    @property
    def header_row(self) -> int:
        return self.sheet.header_row

    @property
    def next_row(self) -> int:
        """The row below the header, 0 when it is not known whether there is one."""
        return self.header_row + 1 if self.header_row < len(self.sheet.rows) else 0

    @property
    def all_rows(self) -> int | None:
        """Rows of all sheets that are read, as far as is known."""
        found = [one.expected_rows for one in self.parts if not one.in_rows]
        known = [rows for rows in found if rows is not None]
        return sum(known) if len(known) == len(found) else None

    @property
    def resources(self) -> list[Resource]:
        return map_rights.importable(self.user)

    @property
    def sheets(self) -> list[SheetPeek]:
        return [sheet for sheet in self.peek.sheets if sheet.name != identity.SHEET]

    @property
    def recipe_name(self) -> str:
        named = self.known.recipe.name if self.known else ""
        return self.data.get("recipe_name", named)

    @property
    def hidden_sheets(self) -> list[str]:
        used = [one.sheet.name for one in self.parts]
        return [
            one.name for one in self.sheets if not one.visible and one.name not in used
        ]

    @property
    def headers(self) -> list[Header]:
        """The file's columns, each with what it becomes."""
        own = super().headers
        if self.child is None or not self.child.in_rows:
            return own
        both = zip(own, self.child.headers, strict=True)
        return [one if one.column or not other.column else other for one, other in both]

    @property
    def all_choices(self) -> list[Choice]:
        return [choice for one in self.parts for choice in one.choices]

    @property
    def all_needed(self) -> list[Needed]:
        return [needed for one in self.parts for needed in one.needed]

    @property
    def fills_open(self) -> bool:
        return any(one.has_fills for one in self.parts)

    @property
    def all_left_out(self) -> list[str]:
        """Headers that become nothing."""
        if self.child is None:
            return self.left_out
        if not self.child.in_rows:
            return [*self.left_out, *self.child.left_out]
        others = set(self.child.left_out)
        return [text for text in self.left_out if text in others]

    @property
    def all_questions(self) -> list[str]:
        """What has to be answered before the import can start."""
        return [asked for one in self.parts for asked in one.open_questions]

    @property
    def about_twice(self) -> list[str]:
        return [said for one in self.parts for said in one.form.about_twice()]

    @cached_property
    def brood(self) -> Brood | None:
        """The children that are read too, as chosen or proposed."""
        wanted = self.data.get("with", "")
        if not wanted and (plan := self._decided):
            return next((one for one in self.broods if one.is_in(plan)), None)
        if not wanted:
            there = (one for one in self.broods if has_brood(one, self.resource))
            return next(there, None)
        return next((one for one in self.broods if one.value == wanted), None)

    @property
    def brood_value(self) -> str:
        return self.brood.value if self.brood else "no"

    @property
    def _decided(self) -> ImportPlan | None:
        """The plan to start from, where there is one."""
        if self.before is not None:
            return self.before
        return self.known.plan if self.known else None

    @property
    def _parts(self) -> tuple[ImportPlan, ...]:
        if self.child is None or self.brood is None:
            return ()
        part = self.child.decided
        if self.child.in_rows:
            link = link_mapping(self.form.plan, self.brood.child)
            mapping = part.mapping.items()
            own = {text: name for text, name in mapping if name != part.link}
            part = part.with_changes(mapping=link | own)
        return (part,)

    def _child(self, whole: ImportPlan) -> MapPart | None:
        if self.brood is None:
            return None
        kind = PartInRows if self.brood.in_rows else MapPart
        part, sheet = whole.parts[0], self._sheet_of(whole.parts[0])
        scan = partial(self._scan, sheet)
        found = kind(self.data, sheet, part, self.brood.child.resource, scan)
        found.user = self.user
        found.is_known, found.is_decided = self.is_known, self.is_decided
        return found

    def _sheet_of(self, part: ImportPlan) -> SheetPeek:
        """Return the sheet of a part with the header row that its plan says."""
        named = next(one for one in self.peek.sheets if one.name == part.sheet)
        return replace(named, header_row=part.header_row, header_rows=part.header_rows)

    def _proposed(self, sheet: SheetPeek, resource: Resource) -> ImportPlan:
        plan = self._decided
        if plan is None:
            plan = propose_plan(sheet, resource, self._evidence(sheet))
        elif self.known:
            plan = with_inferred(plan, resource, self._evidence(sheet))
        if self.brood is None:
            return plan.with_changes(parts=())
        if self.brood.is_in(plan):
            return plan
        whole = with_brood(plan, sheet, self.brood, self._evidence)
        # What was decided about the parents stays.
        return plan.with_changes(parts=whole.parts) if self._decided else whole

    def _scan(
        self, sheet: SheetPeek, splits: Mapping[str, Split] | None = None
    ) -> Scan | None:
        if not sheet.header_row:
            return None
        place = (sheet.name, sheet.header_row, sheet.header_rows)
        return self._scan_of(*place, splits) if splits else self._scan_of(*place)

    def _evidence(self, sheet: SheetPeek) -> dict[str, Evidence]:
        scan = self._scan(sheet)
        return scan.evidence if scan else {}

    def _chosen_sheet(self) -> SheetPeek:
        data = self.data
        if plan := self.before:
            rows = {"header_row": plan.header_row, "header_rows": plan.header_rows}
            texts = {name: str(row) for name, row in rows.items()}
            data = {"sheet": plan.sheet, **texts}
        named = [one for one in self.peek.sheets if one.name == data.get("sheet")]
        sheet = named[0] if named else main_sheet(self.peek, self.resources)
        text = data.get("header_row", "")
        row = int(text) if text.isdigit() and len(text) < 9 else 0
        if not 0 < row <= len(sheet.rows):
            return sheet
        two = data.get("header_rows") == "2" and row > 1
        return replace(with_header_row(sheet, row), header_rows=2 if two else 1)

    def _chosen_resource(self, sheet: SheetPeek) -> Resource:
        plan = self._decided
        wanted = plan.resource if plan else self.data.get("resource", "")
        found = map_rights.chosen(wanted, self.user)
        return found or guess_resource(sheet, self.resources)
