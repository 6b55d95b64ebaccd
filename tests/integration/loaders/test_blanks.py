"""Blank cells that keep what is stored, and related records that are added."""

from __future__ import annotations

import pytest
from django.db import transaction

from dataio.columns import ParseContext
from dataio.imports.check import check_frame
from dataio.imports.compare import compare_chunk
from dataio.imports.load import load_chunk
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.plan import ImportPlan
from dataio.readers import open_reader
from tests.integration.loaders.frames import counts, resource_of
from tests.testapp.models import Account, Everything, Group, Tag

HEADERS = "code,text,whole,day,group,tags"


@pytest.fixture(params=[False, True], ids=["sets", "records"])
def resource(request):
    return resource_of(Everything, save_each=request.param)


@pytest.fixture
def stored():
    group = Group.objects.create(name="one")
    tags = [Tag.objects.create(name=name) for name in ("red", "blue", "green")]
    for code in ("A", "B"):
        record = Everything.objects.create(
            code=code, text="old", whole=5, day="2026-01-01", group=group
        )
        record.tags.set(tags[:2])


def checked(resource, lines, tmp_path, **changes):
    path = tmp_path / "file.csv"
    path.write_text("\n".join([HEADERS, *lines]), encoding="utf-8")
    names = HEADERS.split(",")
    plan = ImportPlan(
        resource=resource.label,
        mapping=dict(zip(names, names, strict=True)),
        key=("code",),
        **changes,
    )
    (raw,) = open_reader(path).frames(100)
    context = ParseContext(lookups=DatabaseLookups())
    return check_frame(raw, plan, resource, context).clean, plan


def load(frame, plan, resource):
    with transaction.atomic(using=resource.model.objects.db):
        return load_chunk(frame, plan, resource)


def values():
    names = ("code", "text", "whole", "day", "group__name")
    return [
        (
            *(str(value) for value in row),
            ",".join(
                Tag.objects.filter(everything__code=row[0])
                .order_by("pk")
                .values_list("name", flat=True)
            ),
        )
        for row in Everything.objects.order_by("code").values_list(*names)
    ]


KEPT = ("old", "5", "2026-01-01", "one", "red,blue")
CLEARED = ("", "7", "None", "None", "")
EACH = ("text", "whole", "day", "group", "tags")


@pytest.mark.parametrize(
    "keeping", [(), EACH, ("text",), ("tags", "whole"), ("day", "group")]
)
def test_blank_cells_keep_or_clear_as_chosen(stored, resource, tmp_path, keeping):
    blanks = dict.fromkeys(keeping, "keep") | {"code": "clear"}
    frame, plan = checked(
        resource, ["A,,,,,", "B,new,8,2026-02-02,,green"], tmp_path, blanks=blanks
    )
    found = compare_chunk(frame, plan, resource).findings
    result = load(frame, plan, resource)
    whole = set(keeping) == set(EACH)
    assert counts(result) == ((0, 1, 1, 0) if whole else (0, 2, 0, 0))
    assert (found.update, found.unchanged) == (result.updated, result.unchanged)
    expected = tuple(
        KEPT[place] if name in keeping else CLEARED[place]
        for place, name in enumerate(EACH)
    )
    group = "one" if "group" in keeping else "None"
    assert values() == [
        ("A", *expected),
        ("B", "new", "8", "2026-02-02", group, "green"),
    ]


def test_new_rows_get_defaults_for_blanks_that_are_kept(stored, resource, tmp_path):
    frame, plan = checked(
        resource, ["C,,,,,red"], tmp_path, blanks=dict.fromkeys(EACH, "keep")
    )
    assert counts(load(frame, plan, resource)) == (1, 0, 0, 0)
    assert values()[-1] == ("C", "", "7", "None", "None", "red")


def test_related_records_are_added(stored, resource, tmp_path):
    frame, plan = checked(
        resource,
        ["A,old,5,2026-01-01,one,green", "B,old,5,2026-01-01,one,red", "C,,,,,green"],
        tmp_path,
        add_related=("tags",),
    )
    found = compare_chunk(frame, plan, resource).findings
    assert (found.create, found.update, found.unchanged) == (1, 1, 1)
    assert counts(load(frame, plan, resource)) == (1, 1, 1, 0)
    assert [row[-1] for row in values()] == ["red,blue,green", "red,blue", "green"]


@pytest.mark.parametrize("save_each", [False, True])
def test_a_needed_value_may_be_blank_only_where_it_is_kept(tmp_path, save_each):
    slots = resource_of(Account, save_each=save_each, key=("group",))
    one = Group.objects.create(name="one")
    Group.objects.create(name="two")
    Account.objects.create(code="X", group=one)
    path = tmp_path / "file.csv"
    path.write_text("group,code\none,\ntwo,\n", encoding="utf-8")
    plan = ImportPlan(
        resource=slots.label,
        mapping={"group": "group", "code": "code"},
        key=("group",),
        blanks={"code": "keep"},
    )
    (raw,) = open_reader(path).frames(100)
    context = ParseContext(lookups=DatabaseLookups())
    found = check_frame(raw, plan, slots, context)
    assert found.problems.empty
    result = load(found.clean, plan, slots)
    assert counts(result) == (0, 0, 1, 1)
    assert result.problems[["row", "column", "message"]].to_numpy().tolist() == [
        [3, "code", '"Code" may not be blank.']
    ]
    assert list(Account.objects.values_list("code", flat=True)) == ["X"]
