"""An export that is to be edited and uploaded again: it says what it is, and what each row was.

Two hidden columns travel with each row, so that sorting, filtering and inserting rows keep
them: the primary key, and a fingerprint of what the row was. What was removed or added in
Excel then shows by itself. A hidden sheet says which resource and columns they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.errors import DataioError
from dataio.exports.masking import MaskedColumn
from dataio.identity import CHECK_HEADER, EXPORT, ID_HEADER, Identity, version_of
from dataio.resources import Resource
from dataio.writers import OutputColumn
from dataio.writers.frames import unique_headers


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    """What an export carries beside its visible columns."""

    columns: Sequence[Column]
    """Those a file may fill: the fingerprint is of their values."""
    key_column: Column | None
    """The primary key, when it goes into a hidden column."""
    identity: Identity

    @property
    def hidden(self) -> list[OutputColumn]:
        """The hidden columns, to the right of the others."""
        found = [OutputColumn(name=CHECK_HEADER, header=CHECK_HEADER, kind="text")]
        if self.key_column is not None:
            kind = self.key_column.kind
            found.insert(0, OutputColumn(name=ID_HEADER, header=ID_HEADER, kind=kind))
        return found


def track(resource: Resource, columns: Sequence[Column]) -> Tracking:
    """Return what an export of these columns carries.

    Raises DataioError when its rows could not be found again.
    """
    real = [one for one in columns if not isinstance(one, MaskedColumn)]
    names = {column.name for column in real}
    primary = resource.columns.get(str(resource.model._meta.pk.name))
    hidden = primary if primary is not None and primary.read_only else None
    key = (hidden.name,) if hidden else _key(resource, names)
    headers = unique_headers([str(column.label) for column in columns])
    mapping = dict(zip(headers, [column.name for column in columns], strict=True))
    # Columns of related records and masked ones are only shown.
    shown = {text: "" for text, name in mapping.items() if name not in names}
    mapping |= shown | {text: "" for text, name in mapping.items() if "." in name}
    if hidden:
        # The visible number of a record is only shown; the hidden one counts.
        shown = {text: "" for text, name in mapping.items() if name == hidden.name}
        mapping |= shown | {ID_HEADER: hidden.name}
    return Tracking(
        columns=[one for one in real if one.name in resource.import_columns],
        key_column=hidden,
        identity=Identity(
            kind=EXPORT,
            resource=resource.label,
            version=version_of(resource.import_columns.values()),
            columns=mapping,
            key=key,
            made_at=timezone.now().isoformat(timespec="seconds"),
        ),
    )


def _key(resource: Resource, names: set[str]) -> tuple[str, ...]:
    for key in resource.keys:
        if set(key) <= names:
            return key
    wanted = resource.keys[0] if resource.keys else ()
    labels = ", ".join(str(resource.column(name).label) for name in wanted)
    if not labels:
        raise DataioError(
            _("These records cannot be told apart, so they cannot be uploaded again.")
        )
    raise DataioError(
        _("Choose %(columns)s too, so that the rows are found when they come back.")
        % {"columns": labels}
    )
