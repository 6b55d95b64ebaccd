"""Related records that only several of their fields tell apart, in both directions."""

from __future__ import annotations

import openpyxl
import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from dataio.columns import ParseContext
from dataio.exports.blank import choices_of
from dataio.exports.filters import filtered, filterset
from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan
from dataio.imports.check import check_frame
from dataio.imports.load import load_chunk
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan, Join
from dataio.imports.shown import Shower
from dataio.progress.meter import Meter
from dataio.readers import open_reader
from dataio.resources import registry
from tests.integration.loaders.frames import counts, resource_of
from tests.testapp.models import Group, Slot, Visit

FILE = "visits.xlsx"
FIELDS = ("group__name", "number")


@pytest.fixture
def resource(monkeypatch):
    found = resource_of(Visit, lookups={"slot": FIELDS})
    monkeypatch.setitem(registry._resources, found.label, found)
    return found


@pytest.fixture
def slots() -> dict[str, Slot]:
    found = {}
    for name in ("", "North", "South / old"):
        group = Group.objects.create(name=name)
        for number in (2, 10):
            slot = Slot.objects.create(group=group, number=number, label="same")
            found[f"{name} / {number}"] = slot
    return found


def exported(plan, resource, folder):
    """Export; return the last column."""
    run_export(plan, resource, folder / FILE, Meter())
    _header, *rows = openpyxl.load_workbook(folder / FILE).worksheets[0].values
    return [row[-1] for row in rows]


def checked(path, resource, **changes):
    plan = ImportPlan(resource=resource.label, key=("code",), **changes)
    (raw,) = open_reader(path).frames(100)
    context = ParseContext(lookups=DatabaseLookups())
    return check_frame(raw, plan, resource, context), plan


def loaded(path, resource, **changes):
    found, plan = checked(path, resource, **changes)
    assert found.problems["message"].tolist() == []
    with transaction.atomic(using=Visit.objects.db):
        return load_chunk(found.clean, plan, resource)


def written(path, header, *rows):
    lines = [header, *rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


SAME = {"mapping": {"code": "code", "slot": "slot"}}


def test_an_export_comes_back_unchanged(resource, slots, tmp_path):
    for place, slot in enumerate([*slots.values(), None]):
        Visit.objects.create(code=f"V-{place}", slot=slot)
    plan = ExportPlan(resource=resource.label, columns=("code", "slot"))
    assert exported(plan, resource, tmp_path) == [*slots, None]
    result = loaded(tmp_path / FILE, resource, mapping={"Code": "code", "Slot": "slot"})
    assert counts(result) == (0, 0, 7, 0)


@pytest.mark.parametrize("text", ["North / 2", "north / 2", " North  /  2 "])
def test_a_text_names_one_record(resource, slots, tmp_path, text):
    path = written(tmp_path / "visits.csv", "code,slot", f"V-1,{text}")
    assert counts(loaded(path, resource, **SAME)) == (1, 0, 0, 0)
    assert Visit.objects.get().slot == slots["North / 2"]


def test_two_columns_of_a_file_are_joined(resource, slots, tmp_path):
    rows = ["V-1,North,2", "V-2,South / old,10", "V-3,,"]
    path = written(tmp_path / "visits.csv", "code,Group,Number", *rows)
    join = Join(headers=("Group", "Number"), separator=" / ")
    loaded(path, resource, mapping={"code": "code"}, joins={"slot": join})
    assert list(Visit.objects.order_by("code").values_list("slot", flat=True)) == [
        slots["North / 2"].pk,
        slots["South / old / 10"].pk,
        None,
    ]


@pytest.mark.parametrize(
    ("fields", "text", "sentence"),
    [
        (
            FIELDS,
            "North / 3",
            'There is no slot "North / 3". Did you mean "North / 2"?',
        ),
        (FIELDS, "zzz", 'There is no slot "zzz".'),
        (
            ("group__name", "label"),
            "North / same",
            '"North / same" is the name and label of more than one slot.',
        ),
        (
            ("number", "label"),
            f"{10**30} / x",
            f'There is no slot "{10**30} / x".',
        ),
    ],
)
def test_what_names_no_single_record_is_a_problem(
    slots, tmp_path, fields, text, sentence
):
    resource = resource_of(Visit, lookups={"slot": fields})
    path = written(tmp_path / "visits.csv", "code,slot", f"V-1,{text}")
    problems = checked(path, resource, **SAME)[0].problems
    assert problems["message"].tolist() == [sentence]


def test_many_texts_are_found_in_few_queries_that_use_the_first_field(alias):
    group = Group.objects.create(name="G")
    Slot.objects.bulk_create(Slot(group=group, number=n) for n in range(1_500))
    texts = [f"{n} / G" for n in range(1_500)]
    with CaptureQueriesContext(connections[alias]) as queries:
        found = DatabaseLookups().find(Slot, ("number", "group__name"), texts)
    assert all(len(keys) == 1 for keys in found.values())
    assert len(queries) <= 5
    assert '"number" IN (' in queries[0]["sql"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"slot": "South / old / 2"}, ["V-4"]),
        ({"slot_in": ["North / 2", "North / 10"]}, ["V-2", "V-3"]),
    ],
)
def test_rows_are_filtered_by_the_text(resource, slots, chosen, expected):
    for place, slot in enumerate(slots.values()):
        Visit.objects.create(code=f"V-{place}", slot=slot)
    rows = filtered(resource, chosen).order_by("code")
    assert list(rows.values_list("code", flat=True)) == expected
    choices = filterset(resource, {}, ["slot"]).form.fields["slot"].choices
    assert [text for text, _words in choices][1:] == choices_of(resource.column("slot"))


def test_rows_are_sorted_by_the_fields_themselves(resource, slots, tmp_path):
    for place, slot in enumerate(reversed(slots.values())):
        Visit.objects.create(code=f"V-{place}", slot=slot)
    plan = ExportPlan(resource=resource.label, columns=("slot",), sort=("-slot",))
    assert exported(plan, resource, tmp_path) == list(reversed(slots))


def test_a_checked_value_is_shown_as_its_text(resource, slots, tmp_path):
    path = written(tmp_path / "visits.csv", "code,slot", "V-1,North / 2")
    column = resource.column("slot")
    clean = checked(path, resource, **SAME)[0].clean
    shower = Shower()
    texts = shower.texts(shower.values(clean["slot"], column), column)
    assert texts.to_pylist() == ["North / 2"]
