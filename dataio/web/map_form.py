"""What the person decided on the mapping page: the form, read as an ImportPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from dataio.columns import CellFormat
from dataio.columns.currencies import CURRENCIES
from dataio.imports.inference import DATE_KINDS
from dataio.imports.plan import MODES, ImportPlan, Join, Split
from dataio.resources import Resource
from dataio.web.column_options import with_options

SPLIT = "*split"
"""What a header becomes whose cells are split; no column has such a name."""
PARTS = ("a", "b")
FORMATS = {
    "date_order": ("DMY", "MDY", "YMD"),
    "decimal": (".", ","),
    "percent": ("fraction", "number"),
    "currency": tuple(CURRENCIES),
    "negative": ("minus",),
}


class MapForm:
    """The form's fields; names end in the position of the header, or in the column they are about.

    `column-0` what the header becomes, `part-a-0` and `part-b-0` the columns of its parts and
    `between-0` the separator, `decimal-0` and so on its format, `decimal_a-0` that of a part;
    `join-name` "yes" when several
    headers are joined into a column, with `glue-name` between them; `fill-name` the value of
    all rows.
    """

    def __init__(
        self,
        data: Mapping[str, str],
        headers: list[str],
        resource: Resource,
        proposal: ImportPlan,
    ) -> None:
        self.data = data
        self.headers = headers
        self.resource = resource
        self.proposal = proposal

    @property
    def is_filled(self) -> bool:
        """Whether the form came back."""
        return "column-0" in self.data

    @property
    def plan(self) -> ImportPlan:
        """What the person decided; what cannot be is left out."""
        chosen = self._headers_of()
        joins = {
            name: Join(headers=tuple(headers), separator=self._glue(name))
            for name, headers in chosen.items()
            if len(headers) > 1 and self.is_joined(name)
        }
        mapping = {
            header: name
            for name, headers in chosen.items()
            for header in headers
            if name not in joins
        }
        splits = self._splits()
        key = tuple(name for name in self.data.get("key", "").split(",") if name)
        mode = self.data.get("mode", "")
        plan = replace(
            self.proposal,
            mapping={text: mapping[text] for text in self.headers if text in mapping}
            | self._hidden(),
            joins=joins,
            splits=splits,
            constants=self._constants(),
            formats=self._formats(chosen),
            mode=mode if mode in MODES else self.proposal.mode,
            key=key if key in self.resource.keys else self.proposal.key,
            atomic=self.data.get("atomic") == "yes",
        )
        return with_options(plan, self.resource, self.data)

    @property
    def twice(self) -> dict[str, list[str]]:
        """Headers by the column that several of them became, joined or not."""
        return {
            name: texts for name, texts in self._headers_of().items() if len(texts) > 1
        }

    def about_twice(self) -> list[str]:
        """Return a sentence for each column that several headers became without being joined."""
        sentence = _(
            '"%(one)s" and "%(two)s" both become %(label)s. Choose one of them, or join them.'
        )
        return [
            sentence
            % {
                "one": texts[0],
                "two": texts[1],
                "label": self.resource.column(name).label,
            }
            for name, texts in self.twice.items()
            if not self.is_joined(name)
        ]

    def is_joined(self, name: str) -> bool:
        """Whether the headers that became this column are joined."""
        return self.data.get(f"join-{name}") == "yes"

    def _hidden(self) -> dict[str, str]:
        """What tells the rows of an exported workbook apart and cannot be chosen."""
        offered = self._offered
        mapping = self.proposal.mapping.items()
        return {text: name for text, name in mapping if name not in offered}

    def _glue(self, name: str) -> str:
        return self.data.get(f"glue-{name}", " ")[:20]

    def _headers_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for position, header in enumerate(self.headers):
            if name := self._known(f"column-{position}"):
                found.setdefault(name, []).append(header)
        return found

    def _splits(self) -> dict[str, Split]:
        found = {}
        for position, header in enumerate(self.headers):
            if self.data.get(f"column-{position}") != SPLIT:
                continue
            names = [self._known(f"part-{part}-{position}") for part in PARTS]
            separator = self.data.get(f"between-{position}", "")[:20] or " "
            columns = tuple(name for name in names if name)
            found[header] = Split(columns=columns, separator=separator)
        return found

    def _constants(self) -> dict[str, str]:
        filled = {
            name: self.data.get(f"fill-{name}", "").strip()
            for name in self.resource.import_columns
        }
        return {name: text for name, text in filled.items() if text}

    def _formats(self, chosen: dict[str, list[str]]) -> dict[str, CellFormat]:
        places = {header: place for place, header in enumerate(self.headers)}
        # Of joined headers the first says how all are written.
        formats = {
            name: self._format(places[headers[0]]) for name, headers in chosen.items()
        }
        for header, split in self._splits().items():
            for part, name in zip(PARTS, split.columns, strict=False):
                formats[name] = self._format(places[header], f"_{part}")
        return {name: one for name, one in formats.items() if one != CellFormat()}

    def says(self, header: str, part: str, kind: str) -> bool:
        """Whether the form asked how a part of a split header is written."""
        field = "date_order" if kind in DATE_KINDS else "decimal"
        return f"{field}_{part}-{self.headers.index(header)}" in self.data

    def _format(self, position: int, suffix: str = "") -> CellFormat:
        values = {
            name: value
            for name, allowed in FORMATS.items()
            if (value := self.data.get(f"{name}{suffix}-{position}", "")) in allowed
        }
        return CellFormat(**values)

    def _known(self, field: str) -> str:
        name = self.data.get(field, "")
        return name if name in self._offered else ""

    @property
    def _offered(self) -> set[str]:
        return {*self.resource.import_columns, *self.resource.finding_columns}
