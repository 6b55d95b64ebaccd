"""Alarms: what a person should look at before anything is written, as sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_CHANGED = 0.9
"""Above this share of rows that would change it is worth a question."""
FEWEST_ROWS = 10
"""Below this number of rows a share says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What is known of a checked file."""

    rows: int = 0
    update: int = 0
    problem: int = 0
    """Rows with problems: it is not known which records they mean."""
    imported_at: dt.datetime | None = None
    """When the very same file was imported into the same table."""
    empty: Sequence[str] = ()
    """Labels of mapped columns without a single value."""
    headers: int = 0
    unmatched: Sequence[str] = ()
    """Header texts no column was chosen for."""
    missing: int = 0
    """Records of the table that no clean row means."""
    records: str = ""
    """What the records are called, several of them."""


def alarms(seen: Evidence) -> list[str]:
    """Return one sentence per alarm; none when all looks well."""
    found = [_same_file(seen), _most_change(seen)]
    found += [_empty(label) for label in seen.empty]
    found += [_unmatched(seen), _missing(seen)]
    return [sentence for sentence in found if sentence]


def _same_file(seen: Evidence) -> str:
    if seen.imported_at is None:
        return ""
    moment = timezone.localtime(seen.imported_at)
    return _("This very file was imported already, on %(date)s.") % {
        "date": date_format(moment, "DATETIME_FORMAT")
    }


def _most_change(seen: Evidence) -> str:
    if seen.rows < FEWEST_ROWS or seen.update <= MOST_CHANGED * seen.rows:
        return ""
    return _("%(update)s of %(rows)s rows would change existing %(records)s.") % {
        "update": f"{seen.update:,}",
        "rows": f"{seen.rows:,}",
        "records": seen.records,
    }


def _empty(label: str) -> str:
    return _('The column "%(column)s" is empty in every row.') % {"column": label}


def _unmatched(seen: Evidence) -> str:
    if len(seen.unmatched) * 2 <= seen.headers:
        return ""
    return _(
        "Most columns of the file are left out: %(unmatched)s of %(headers)s "
        "(%(names)s)."
    ) % {
        "unmatched": len(seen.unmatched),
        "headers": seen.headers,
        "names": _some(seen.unmatched),
    }


def _missing(seen: Evidence) -> str:
    if not seen.missing:
        return ""
    words = {"count": f"{seen.missing:,}", "records": seen.records}
    if seen.problem:
        return (
            _(
                "Up to %(count)s of the %(records)s that are there already are not in this file. "
                "Rows with problems may mean some of them."
            )
            % words
        )
    return (
        ngettext(
            "%(count)s of the %(records)s that are there already is not in this file.",
            "%(count)s of the %(records)s that are there already are not in this file.",
            seen.missing,
        )
        % words
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    more = len(names) - 5
    return (
        shown
        if more <= 0
        else _("%(names)s and %(more)s more")
        % {
            "names": shown,
            "more": more,
        }
    )
