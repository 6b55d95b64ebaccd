"""The columns of the export page: chosen ones in order, the others, and the tree of related ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.http import QueryDict

from dataio.columns import Column
from dataio.errors import UnknownColumn
from dataio.exports.paths import Branch, path_column, place_of, tree
from dataio.exports.permitted import is_personal, may_view, must_mask
from dataio.resources import Resource

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_FOUND = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class PickedColumn:
    """A column as the list shows it."""

    column: Column
    is_chosen: bool
    is_related: bool = False
    is_personal: bool = False
    is_masked: bool = False
    must_mask: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownBranch:
    """A relation as the tree shows it."""

    path: str
    label: str
    is_child: bool
    is_open: bool
    is_blocked: bool
    """Whether the rows are for each of other children already."""
    columns: list[PickedColumn]
    branches: list[ShownBranch]


class Picking:
    """What of a resource and its relations is chosen. `data` is the query or the form."""

    def __init__(
        self, resource: Resource, data: QueryDict, user: AbstractBaseUser
    ) -> None:
        self.resource = resource
        self.data = data
        self.user = user
        self.open = self._open()

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """Paths of the chosen columns, in order; all own ones before anything was chosen."""
        if "export-sent" not in self.data:
            return self.own
        paths = dict.fromkeys(self.data.getlist("export-columns"))
        chosen = [path for path in paths if self.is_offered(path)]
        return tuple(_moved(chosen, self.data.get("export-move", "")))

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Paths of the resource's own columns that this person may see."""
        return tuple(path for path in self.resource.columns if self.is_offered(path))

    @property
    def columns(self) -> list[PickedColumn]:
        """The chosen columns, then the other ones of the resource itself."""
        rest = [path for path in self.own if path not in self.chosen]
        return [self.picked(path) for path in (*self.chosen, *rest)]

    @property
    def masked(self) -> tuple[str, ...]:
        """Paths of the chosen columns that are masked."""
        return tuple(path for path in self.chosen if self.picked(path).is_masked)

    @cached_property
    def child(self) -> str:
        """The relation to children that have a row each."""
        found = [place_of(self.resource, path).child for path in self.chosen]
        return next((name for name in found if name), "")

    @property
    def child_things(self) -> tuple[str, str]:
        """What a row is for, one and several; empty where it is for the resource itself."""
        found = [one.step for one in tree(self.resource) if one.path == self.child]
        names = [
            (one.resource.verbose_name, one.resource.verbose_name_plural)
            for one in found
        ]
        return names[0] if names else ("", "")

    @property
    def search(self) -> str:
        """What is looked for among the related columns."""
        return str(self.data.get("export-find", "")).strip()

    @cached_property
    def tree(self) -> list[ShownBranch]:
        """The relations this person may follow."""
        return [one for one in map(self._branch, tree(self.resource)) if one]

    @property
    def found(self) -> list[PickedColumn]:
        """Related columns whose label has the text that is looked for, wherever they are."""
        text = self.search.casefold()
        if not text:
            return []
        found = []
        for column in self._related(tree(self.resource)):
            if text in str(column.label).casefold() and self.is_offered(column.name):
                found.append(self.picked(column.name))
                if len(found) == MOST_FOUND:
                    break
        return found

    def picked(self, path: str) -> PickedColumn:
        """Return a column as it is chosen."""
        forced = must_mask(self.resource, path, self.user)
        return PickedColumn(
            column=path_column(self.resource, path),
            is_chosen=path in self.chosen,
            is_related="." in path,
            is_personal=is_personal(self.resource, path),
            is_masked=forced or path in self.data.getlist("export-masked"),
            must_mask=forced,
        )

    def is_offered(self, path: str) -> bool:
        """Return whether there is such a column for this person."""
        try:
            return may_view(self.resource, path, self.user)
        except UnknownColumn:
            return False

    def _open(self) -> set[str]:
        """Return the paths of the branches that show what they hold."""
        opened = set(self.data.getlist("export-open"))
        toggled = self.data.get("export-toggle")
        return opened ^ {toggled} if toggled else opened

    def _branch(self, branch: Branch) -> ShownBranch | None:
        is_child = branch.step.is_child
        is_open = branch.path in self.open
        offered = [one for one in branch.columns if self.is_offered(one.name)]
        below = [self._branch(one) for one in branch.branches] if is_open else []
        if not offered:
            return None
        return ShownBranch(
            path=branch.path,
            label=branch.label,
            is_child=is_child,
            is_open=is_open,
            is_blocked=is_child and self.child not in ("", branch.path),
            columns=[self.picked(one.name) for one in offered] if is_open else [],
            branches=[one for one in below if one],
        )

    def _related(self, branches: list[Branch]) -> Iterator[Column]:
        for branch in branches:
            if branch.step.is_child and self.child not in ("", branch.path):
                continue
            yield from branch.columns
            yield from self._related(branch.branches)


def _moved(paths: list[str], move: str) -> list[str]:
    """Return the paths with one moved up or down, as "up:price" says (without scripts)."""
    way, _colon, path = move.partition(":")
    if path not in paths or way not in ("up", "down"):
        return paths
    place = paths.index(path)
    other = place - 1 if way == "up" else place + 1
    if 0 <= other < len(paths):
        paths[place], paths[other] = paths[other], paths[place]
    return paths
