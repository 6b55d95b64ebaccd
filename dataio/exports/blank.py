"""A blank template workbook of a resource: fill it in, upload it, nothing needs to be mapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

import pyarrow as pa
import xlsxwriter
from django.db import router
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns import BooleanColumn, ChoiceColumn, Column, ForeignKeyColumn
from dataio.columns.related_key import key_paths, key_value
from dataio.exports.examples import example_cell
from dataio.identity import SHEET, TEMPLATE, Identity, version_of
from dataio.resources import Resource, registry
from dataio.writers.cells import number_format
from dataio.writers.frames import unique_headers
from dataio.writers.sheets import legal_sheet_name

MOST_NAMES = 1_000
"""Related records that a drop-down lists; a longer list is no help."""
LAST_ROW = 1_048_575
WIDTHS = {"@": 24, "General": 12, "0": 12, "yyyy-mm-dd": 13}
HEADER = {"bold": True, "bg_color": "#E8EDF5", "border": 1, "border_color": "#C3CEDD"}
NEEDED = HEADER | {"bg_color": "#FFE8B3"}
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_blank(resource: Resource, target: IO[bytes]) -> None:
    """Write the template of a resource to a binary stream.

    1. A sheet with the header only: notes say what is allowed, needed columns are tinted.
    2. A sheet "Example" with one filled row, apart, so that it is not imported by mistake.
    3. Hidden: the lists of the drop-downs, and what the workbook is.
    """
    columns = template_columns(resource)
    headers = unique_headers([str(column.label) for column in columns])
    with xlsxwriter.Workbook(target, {"in_memory": True, **OPTIONS}) as book:
        names = [legal_sheet_name(capfirst(resource.verbose_name_plural), [SHEET])]
        names.append(legal_sheet_name(_("Example"), [*names, SHEET]))
        names.append(legal_sheet_name(_("Lists"), [*names, SHEET]))
        sheets = [book.add_worksheet(name) for name in names]
        for sheet in sheets[:2]:
            _write_header(book, sheet, columns, headers)
        sheets[1].write_row(1, 0, [example_cell(column) for column in columns])
        _write_lists(sheets[0], sheets[2], columns)
        identity = Identity(
            kind=TEMPLATE,
            resource=resource.label,
            version=version_of(columns),
            columns=dict(zip(headers, [one.name for one in columns], strict=True)),
        )
        hidden = book.add_worksheet(SHEET)
        hidden.write_column(0, 0, identity.cells())
        sheets[2].very_hidden()
        hidden.very_hidden()


def template_columns(resource: Resource) -> list[Column]:
    """Return the columns that a person fills in, the needed ones where the model has them."""
    return list(resource.import_columns.values())


def choices_of(column: Column) -> list[str]:
    """Return the texts of a column's drop-down; none where a list would be no help."""
    if isinstance(column, BooleanColumn):
        return ["yes", "no"]  # read in every language
    if isinstance(column, ChoiceColumn):
        labels = [str(label) for _value, label in column.choices]
        values = [str(value) for value, _label in column.choices]
        return labels if len(set(labels)) == len(labels) else values
    return _names(column) if isinstance(column, ForeignKeyColumn) else []


def shown_format(column: Column) -> str:
    """Return the Excel number format of the cells that a person fills in."""
    kind = column.key.arrow_type if isinstance(column, ForeignKeyColumn) else None
    if isinstance(column, BooleanColumn | ChoiceColumn):
        return "General"
    shown = kind or (pa.string() if column.many else column.arrow_type)
    return number_format(shown)


def _names(column: ForeignKeyColumn) -> list[str]:
    """Return the names of the related records, none when there are too many."""
    mine = [one for one in registry.all() if one.model is column.model]
    records = mine[0].queryset() if mine else column.model._default_manager.all()
    found = (
        records.using(router.db_for_read(column.model))
        .order_by(*key_paths(column.field_name))
        .values_list(key_value(column.field_name), flat=True)[: MOST_NAMES + 1]
    )
    names = [str(name) for name in found if name not in (None, "")]
    return names if len(names) <= MOST_NAMES else []


def _write_header(
    book: Any, sheet: Any, columns: Sequence[Column], headers: Sequence[str]
) -> None:
    header, needed = book.add_format(HEADER), book.add_format(NEEDED)
    for place, (column, text) in enumerate(zip(columns, headers, strict=True)):
        shown = shown_format(column)
        width = max(WIDTHS.get(shown, 20), len(text) + 4)
        cells = book.add_format({"num_format": shown})
        sheet.set_column(place, place, min(width, 60), cells)
        sheet.write_string(0, place, text, needed if column.required else header)
        sheet.write_comment(0, place, _note(column), {"x_scale": 1.6})
    sheet.freeze_panes(1, 0)


def _note(column: Column) -> str:
    sentences = [_("* Needed in every row.")] if column.required else []
    sentences += [column.allowed(), str(column.help_text)]
    return "\n".join(sentence for sentence in sentences if sentence)


def _write_lists(sheet: Any, lists: Any, columns: Sequence[Column]) -> None:
    """Write the drop-downs of a sheet, and what they offer on the sheet `lists`."""
    for place, column in enumerate(columns):
        choices = choices_of(column)
        if not choices:
            continue
        lists.write_column(0, place, choices)
        letters = xlsxwriter.utility.xl_col_to_name(place, True)  # noqa: FBT003
        name = lists.get_name().replace("'", "''")
        # A related record may be made during the import, so other names are only asked about.
        strict = not isinstance(column, ForeignKeyColumn)
        sheet.data_validation(
            1,
            place,
            LAST_ROW,
            place,
            {
                "validate": "list",
                "source": f"='{name}'!{letters}$1:{letters}${len(choices)}",
                "error_type": "stop" if strict else "warning",
                "error_title": str(column.label)[:32],
                "error_message": column.allowed()[:255],
            },
        )
