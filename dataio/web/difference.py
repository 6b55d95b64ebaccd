"""The whole difference as lines of CSV: per column the new value, and the old one where it changes."""

from __future__ import annotations

import csv
from io import StringIO

from django.utils.translation import gettext as _

from dataio.jobs.review import ChangeRow, changes_page
from dataio.models import Job
from dataio.web.grids import GridColumns, kind_words
from dataio.web.problems import harmless

HEAD = -1
"""The piece with the header."""
ROWS = 2_000


class Difference:
    """What a check found, piece by piece."""

    def __init__(
        self, job: Job, *, part: int = 0, kind: str = "", column: str = ""
    ) -> None:
        self.job = job
        self.part = part
        self.kind = kind
        self.column = column
        self.changed = set(job.findings.get("changed_columns", {}))
        self.names: list[str] = []

    def piece(self, start: int) -> tuple[str, int | None]:
        """Return some lines, and where the next piece starts; None after the last."""
        if start == HEAD:
            return self._head(), 0
        page = changes_page(
            self.job,
            part=self.part,
            kind=self.kind,
            column=self.column,
            start=start,
            count=ROWS,
        )
        following = start + ROWS
        lines = "".join(self._line(row) for row in page.rows)
        return lines, following if following < page.total else None

    def _head(self) -> str:
        self.names = changes_page(self.job, part=self.part, start=0, count=1).columns
        texts = [_("Row"), _("What happens")]
        for column in GridColumns(self.job, self.names).all:
            texts.append(column.label)
            if column.name in self.changed:
                texts.append(_("%(column)s before") % {"column": column.label})
        # The mark that Excel needs to read UTF-8.
        return "\ufeff" + _csv(texts)

    def _line(self, row: ChangeRow) -> str:
        texts = [str(row.row), kind_words().get(row.kind, row.kind)]
        for name in self.names:
            cell = row.cells.get(name)
            texts.append(str(cell.new or "") if cell else "")
            if name in self.changed:
                texts.append(str(cell.old or "") if cell and cell.changed else "")
        return _csv(texts)


def _csv(texts: list[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(text) for text in texts])
    return buffer.getvalue()
