"""A workbook that dataio made itself: its plan is known, and nothing needs to be mapped."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dataio.errors import UnknownResource
from dataio.identity import CHECK_HEADER, EXPORT, Identity, identity_in, version_of
from dataio.imports.matching import check_plan
from dataio.imports.plan import CREATE, UPSERT, ImportPlan
from dataio.readers import Peek, SheetPeek
from dataio.readers.base import header_texts
from dataio.resources import Resource, registry


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """What is known of a workbook that dataio made."""

    plan: ImportPlan
    notes: list[str]
    """Sentences worth telling, such as what an old template lacks."""
    complete: bool
    """Whether the plan can be run as it is, without a person's look at the columns."""


def recognise(peek: Peek) -> Recognised | None:
    """Return the plan of a template or an edited export; None for any other file."""
    identity = identity_in(peek)
    if identity is None:
        return None
    try:
        resource = registry.get(identity.resource)
    except UnknownResource:
        return None
    sheet = peek.sheets[0]
    header_row, headers = _header(sheet, identity)
    mapping = {
        header: identity.columns[header]
        for header in headers
        if identity.columns.get(header) in _fillable(resource, identity)
    }
    notes = _about_version(identity, resource)
    return _with_plan(
        ImportPlan(
            resource=resource.label,
            sheet=sheet.name,
            header_row=header_row,
            mapping=mapping,
            check_first=True,
        ),
        identity,
        headers,
        notes,
    )


def _with_plan(
    plan: ImportPlan, identity: Identity, headers: list[str], notes: list[str]
) -> Recognised:
    resource = registry.get(plan.resource)
    mapped = set(plan.mapping.values())
    key = next((key for key in resource.keys if set(key) <= mapped), ())
    if identity.kind == EXPORT and set(identity.key) <= mapped:
        key = identity.key
    lost = [name for name in identity.columns.values() if name not in mapped]
    lost = [name for name in lost if name in resource.import_columns]
    same = identity.version == version_of(resource.import_columns.values())
    exported = identity.kind == EXPORT and CHECK_HEADER in headers
    tracked = exported and same and not lost
    plan = plan.with_changes(
        key=key,
        mode=UPSERT if key else CREATE,
        fingerprint=CHECK_HEADER if tracked else "",
    )
    added = [
        header
        for header in headers
        if header not in identity.columns and header != CHECK_HEADER
    ]
    if identity.kind == EXPORT:
        notes = notes + _about_columns(resource, lost, added)
    return Recognised(
        plan=plan,
        notes=notes,
        complete=not check_plan(plan, resource)
        and (identity.kind == EXPORT or not added),
    )


def _header(sheet: SheetPeek, identity: Identity) -> tuple[int, list[str]]:
    """Return the row with most of the headers that the workbook was made with."""
    found = [
        (number, header_texts(row)) for number, row in enumerate(sheet.rows, start=1)
    ]
    return max(
        found or [(1, [])],
        key=lambda one: (len(set(one[1]) & set(identity.columns)), -one[0]),
    )


def _fillable(resource: Resource, identity: Identity) -> set[str]:
    return {*resource.import_columns, *identity.key} & set(resource.columns)


def _about_version(identity: Identity, resource: Resource) -> list[str]:
    if identity.kind == EXPORT:
        return [_("This workbook was exported here, so its columns are known.")]
    if identity.version == version_of(resource.import_columns.values()):
        return [_("This is a template from here, so its columns are known.")]
    known = set(identity.columns.values())
    fresh = [
        str(column.label)
        for name, column in resource.import_columns.items()
        if name not in known
    ]
    if not fresh:
        return [_("This template is older: some of its columns have changed.")]
    said = _("This template is older: these columns are new: %(names)s.")
    return [said % {"names": ", ".join(fresh)}]


def _about_columns(resource: Resource, lost: list[str], added: list[str]) -> list[str]:
    notes = []
    if lost:
        names = ", ".join(str(resource.column(name).label) for name in lost)
        notes.append(
            _(
                "These columns were removed from the workbook: %(names)s. So it cannot be told "
                "which rows somebody else has changed in the meantime."
            )
            % {"names": names}
        )
    if added:
        notes.append(
            _("These columns were added to the workbook and are left out: %(names)s.")
            % {"names": ", ".join(added)}
        )
    return notes
