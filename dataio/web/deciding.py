"""Decisions about problems: what a page offers, and what a person sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.errors import DataioError
from dataio.jobs.correcting import Decision, ProblemGroup
from dataio.models import Fix
from dataio.web.cells import Cell, cell_of

MOST = 5_000
"""Decisions in one request: a pasted block is one decision a cell."""


class UnreadableDecision(DataioError):
    """This decision could not be read. Load the page again."""


class ShownGroup:
    """Alike problems, with the ways to decide about all of their rows at once."""

    def __init__(self, group: ProblemGroup) -> None:
        self.group = group

    @property
    def label(self) -> str:
        return self.group.label or _("Whole row")

    @property
    def cell(self) -> Cell:
        return cell_of(self.group.value)

    @property
    def offers(self) -> set[str]:
        return {str(action) for action in self.group.actions}

    @property
    def skip_words(self) -> str:
        count = self.group.count
        words = ngettext("Leave this row out", "Leave %(rows)s rows out", count)
        return words % {"rows": number_format(count, force_grouping=True)}

    @property
    def decided(self) -> str:
        """What was decided before, in words; it did not help, or the rows are left out."""
        fix = self.group.fix
        return decided_words(fix) if fix else ""


def decided_words(fix: Fix) -> str:
    """Return what was decided."""
    words = {
        Fix.Action.REPLACE: _('Replaced by "%(replacement)s"'),
        Fix.Action.BLANK: _("Left empty"),
        Fix.Action.CREATE: _("To be created"),
        Fix.Action.SKIP: _("Left out, as you decided"),
    }
    return words[Fix.Action(fix.action)] % {"replacement": fix.replacement}


def decisions_in(body: bytes) -> list[Decision]:
    """Return the decisions that a script sent. Raises UnreadableDecision."""
    try:
        found = json.loads(body)["decisions"]
        if not 0 < len(found) <= MOST:
            raise UnreadableDecision
        return [_decision(one) for one in found]
    except (ValueError, KeyError, TypeError) as exc:
        raise UnreadableDecision from exc


def decision_of_form(form: Mapping[str, str]) -> Decision:
    """Return the decision that a form without scripts sent. Raises UnreadableDecision.

    Its buttons are named `action`; "use" means the suggestion.
    """
    action = form.get("action", "")
    replacement = form.get("replacement", "")
    if action == "use":
        action, replacement = Fix.Action.REPLACE, form.get("suggestion", "")
    data = {
        "column": form.get("column"),
        "value": form.get("value"),
        "action": action,
        "replacement": replacement if action == Fix.Action.REPLACE else "",
    }
    try:
        return _decision(data)
    except (ValueError, KeyError, TypeError) as exc:
        raise UnreadableDecision from exc


def _decision(data: dict[str, Any]) -> Decision:
    row = data.get("row")
    return Decision(
        column=_text(data["column"]),
        value=_text(data.get("value") or ""),
        action=Fix.Action(data["action"]),
        replacement=_text(data.get("replacement") or ""),
        row=None if row is None else int(row),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
