"""The second question about the records that a file lacks: counted, and said what it cannot undo."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.conf import settings
from dataio.models import Job
from dataio.resources import registry


class Removal:
    """What the review page says before records are removed."""

    def __init__(self, job: Job, count: int, problems: int, will_write: int) -> None:
        """`count` records would be removed; `problems` rows may mean some of them."""
        self.count = count
        self._problems = problems
        self._will_write = will_write
        resource = registry.get(job.resource)
        self._all = resource.verbose_name_plural
        one = resource.verbose_name
        self._comes_back = resource.undo and settings.DATAIO_UNDO_DAYS > 0
        self._things = one if count == 1 else self._all

    @property
    def question(self) -> str:
        """How many records would go."""
        words = ngettext(
            "This file lacks %(count)s of the %(things)s that are there.",
            "This file lacks %(count)s of the %(things)s that are there.",
            self.count,
        )
        return words % {"count": _shown(self.count), "things": self._all}

    @property
    def warning(self) -> str:
        """What the button does that no undo brings back."""
        said = _("They stay unless you remove them here.")
        if self._comes_back:
            days = settings.DATAIO_UNDO_DAYS
            back = ngettext(
                "For %(days)s day an undo of this import brings them back.",
                "For %(days)s days an undo of this import brings them back.",
                days,
            )
            said += " " + back % {"days": days}
        else:
            said += " " + _("What is removed does not come back.")
        if not self._problems:
            return said
        words = ngettext(
            "%(rows)s row has a problem and may mean one of them: it would be removed too.",
            "%(rows)s rows have problems and may mean some of them: those would be removed too.",
            self._problems,
        )
        return f"{said} {words % {'rows': _shown(self._problems)}}"

    @property
    def button(self) -> str:
        """What the dangerous button will do."""
        said = {"count": _shown(self.count), "things": self._things}
        if not self._will_write:
            return _("Remove %(count)s %(things)s") % said
        words = ngettext(
            "Import %(rows)s row and remove %(count)s %(things)s",
            "Import %(rows)s rows and remove %(count)s %(things)s",
            self._will_write,
        )
        return words % (said | {"rows": _shown(self._will_write)})


def _shown(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
