"""An exported workbook is edited in Excel, meanwhile others change records, and it comes back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import openpyxl
import pytest
from django.db import transaction

from dataio.columns import ParseContext
from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan
from dataio.imports.check import check_frame
from dataio.imports.compare import compare_chunk
from dataio.imports.load import load_chunk
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.recognise import recognise
from dataio.progress.meter import Meter
from dataio.readers import open_reader, peek
from dataio.resources import registry
from tests.integration.loaders.frames import counts, resource_of
from tests.testapp.models import Everything, Group, Tag

NOON = dt.datetime(2026, 5, 4, 12, 30, 15, 123_456, tzinfo=dt.UTC)


@pytest.fixture
def resource(monkeypatch):
    found = resource_of(Everything)
    monkeypatch.setitem(registry._resources, found.label, found)
    return found


@pytest.fixture
def records(resource):
    group = Group.objects.create(name="one")
    Group.objects.create(name="two")
    tags = [Tag.objects.create(name=name) for name in ("red", "blue, dark")]
    for number in range(1, 7):
        record = Everything.objects.create(
            code=f"C-{number}",
            text="line one\r\nline two" if number % 2 else "  spaced ",
            slug=f"s-{number}",
            real=number / 3,
            exact=Decimal(number) / 4,
            maybe=None,
            day=dt.date(2026, 1, number),
            moment=NOON + dt.timedelta(hours=number),
            time=dt.time(7, number, 5, 250_000),
            span=dt.timedelta(hours=30, seconds=number),
            data={"b": number, "a": ["x"]},
            big=number * 10**16 + 1,
            group=group if number % 2 else None,
        )
        record.tags.set(tags[: number % 3])
    return Everything.objects.order_by("code")


@pytest.fixture
def exported(records, resource, tmp_path):
    path = tmp_path / "exported.xlsx"
    plan = ExportPlan(resource=resource.label, to_be_edited=True)
    run_export(plan, resource, path, Meter())
    return path


class Edit:
    """The data sheet as a person sees it."""

    def __init__(self, path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)
        self.sheet = self.book.worksheets[0]
        self.places = {cell.value: cell.column for cell in self.sheet[1]}

    def row_of(self, code) -> int:
        codes = {row[1].value: row[1].row for row in self.sheet.iter_rows(min_row=2)}
        return codes[code]

    def put(self, sought, **values) -> None:
        row = self.row_of(sought)
        for label, value in values.items():
            self.sheet.cell(row, self.places[label.capitalize()], value)

    def save(self) -> None:
        self.book.save(self.path)


def clean(path, resource):
    found = recognise(peek(path))
    assert found is not None and found.complete
    reader = open_reader(path, found.plan.sheet, found.plan.header_row)
    (raw,) = reader.frames(1_000)
    context = ParseContext(lookups=DatabaseLookups())
    checked = check_frame(raw, found.plan, resource, context)
    assert checked.problems["message"].tolist() == []
    return checked.clean, found.plan


def come_back(path, resource, **changes):
    frame, plan = clean(path, resource)
    with transaction.atomic(using=Everything.objects.db):
        return load_chunk(frame, plan.with_changes(**changes), resource)


def stored(records):
    names = [field.name for field in Everything._meta.concrete_fields]
    tags = [sorted(record.tags.values_list("name", flat=True)) for record in records]
    return list(zip(records.values_list(*names), tags, strict=True))


def test_an_export_that_nobody_edited_changes_nothing(exported, resource, records):
    before = stored(records)
    assert counts(come_back(exported, resource)) == (0, 0, 6, 0)
    assert stored(records) == before


def test_only_what_the_person_changed_is_written(exported, resource, records):
    Everything.objects.filter(code="C-2").update(whole=99)
    edit = Edit(exported)
    edit.put("C-1", text="mine", tags="red")
    edit.put("C-3", code="C-33", group="two")
    edit.save()
    before = {one[0][1]: one for one in stored(records)}
    assert counts(come_back(exported, resource)) == (0, 2, 4, 0)
    after = {one[0][1]: one for one in stored(records)}
    assert {code for code in after if before.get(code) != after[code]} == {
        "C-1",
        "C-33",
    }
    assert Everything.objects.get(code="C-2").whole == 99
    changed = Everything.objects.get(code="C-33")
    assert (changed.pk, changed.group.name) == (before["C-3"][0][0], "two")
    assert after["C-1"][1] == ["red"]


def test_sorted_inserted_and_removed_rows_are_understood(exported, resource, records):
    edit = Edit(exported)
    rows = [[cell.value for cell in row] for row in edit.sheet.iter_rows(min_row=2)]
    fresh = [None] * len(rows[0])
    for label, value in {"Code": "C-9", "Flag": True, "Tags": "red"}.items():
        fresh[edit.places[label] - 1] = value
    rows[4][edit.places["Text"] - 1] = "changed"
    edit.sheet.delete_rows(2, len(rows))
    for row in [rows[5], fresh, rows[4], rows[0]]:
        edit.sheet.append(row)
    edit.save()
    assert counts(come_back(exported, resource)) == (1, 1, 2, 0)
    assert Everything.objects.get(code="C-5").text == "changed"
    assert [tag.name for tag in Everything.objects.get(code="C-9").tags.all()] == [
        "red"
    ]
    assert Everything.objects.count() == 7


def test_what_somebody_else_changed_too_is_a_conflict(exported, resource, records):
    Everything.objects.filter(code="C-1").update(text="theirs")
    Everything.objects.filter(code="C-2").update(text="agreed")
    Everything.objects.filter(code="C-4").delete()
    edit = Edit(exported)
    for code, text in {"C-1": "mine", "C-2": "agreed", "C-4": "mine"}.items():
        edit.put(code, text=text)
    edit.save()
    result = come_back(exported, resource)
    assert counts(result) == (0, 0, 4, 2)
    assert result.problems[["row", "code", "message"]].to_numpy().tolist() == [
        [
            2,
            "conflict",
            "Somebody else changed this row after it was exported, and so did you.",
        ],
        [5, "conflict", "Somebody else removed this record after it was exported."],
    ]
    assert Everything.objects.get(code="C-1").text == "theirs"


@pytest.mark.parametrize(
    ("decided", "texts", "expected"),
    [
        ({"": "mine"}, ["mine 1", "mine 3"], (0, 2, 4, 0)),
        ({"": "theirs"}, ["theirs", "theirs"], (0, 0, 6, 0)),
        ({"": "theirs", "4": "mine"}, ["theirs", "mine 3"], (0, 1, 5, 0)),
        ({"2": "skip", "4": "mine"}, ["theirs", "mine 3"], (0, 1, 4, 1)),
    ],
)
def test_the_person_decides_conflicts(
    exported, resource, records, decided, texts, expected
):
    Everything.objects.filter(code__in=["C-1", "C-3"]).update(text="theirs")
    edit = Edit(exported)
    edit.put("C-1", text="mine 1")
    edit.put("C-3", text="mine 3")
    edit.save()
    result = come_back(exported, resource, conflicts=decided)
    assert counts(result) == expected
    found = Everything.objects.filter(code__in=["C-1", "C-3"]).order_by("code")
    assert [record.text for record in found] == texts


def test_the_check_counts_what_loading_will_do(exported, resource, records):
    Everything.objects.filter(code="C-1").update(text="theirs")
    edit = Edit(exported)
    edit.put("C-1", text="mine")
    edit.put("C-5", text="mine")
    edit.save()
    frame, plan = clean(exported, resource)
    found = compare_chunk(frame, plan, resource).findings
    assert (found.create, found.update, found.unchanged, found.conflict) == (0, 1, 4, 1)


def test_a_removed_column_is_told_and_changes_nothing(exported, resource, records):
    edit = Edit(exported)
    edit.sheet.delete_cols(edit.places["Text"])
    edit.save()
    before = stored(records)
    found = recognise(peek(exported))
    assert found is not None and found.complete
    assert found.notes == [
        "This workbook was exported here, so its columns are known.",
        "These columns were removed from the workbook: Text. So it cannot be told which "
        "rows somebody else has changed in the meantime.",
    ]
    come_back(exported, resource)
    texts = [record[0][2] for record in stored(records)]
    assert texts == [record[0][2] for record in before]
