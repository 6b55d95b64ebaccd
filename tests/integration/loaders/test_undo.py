"""undo_chunk against real databases: what goes, what comes back, what stays."""

from __future__ import annotations

import uuid

import pytest
from django.db import connections, transaction

from dataio.imports.load import load_chunk
from dataio.imports.loaders.images import read_image, write_image
from dataio.imports.loaders.unfolded import join_unfolded
from dataio.imports.plan import KEEP, UPSERT, ImportPlan
from dataio.imports.undo import preview_chunk, undo_chunk
from tests.integration.loaders.frames import clean, resource_of
from tests.integration.loaders.test_load import BLANK, EVERYTHING, FULL, ODD
from tests.testapp.models import Child, Everything, Group, Tag, Ticket


@pytest.fixture(params=["sets", "records"])
def resource(request):
    """The same model, written as sets and through save()."""
    each = request.param == "records"
    return resource_of(Everything, save_each=True) if each else EVERYTHING


def loaded(resource, frame, *, key=("code",), **changes):
    """Load a frame; return the image."""
    plan = ImportPlan(
        resource=resource.label,
        mapping={name: name for name in frame},
        mode=UPSERT,
        key=key,
        **changes,
    )
    with transaction.atomic(using=resource.model.objects.db):
        return load_chunk(frame, plan, resource, keeps_images=True).image


def undone(resource, image):
    alias = resource.model.objects.db
    with transaction.atomic(using=alias):
        return undo_chunk(image, resource, connections[alias])


def dump(*models) -> list[list[tuple]]:
    """Every column of every row, as the database itself gives them."""
    rows = []
    for model in models:
        connection = connections[model.objects.db]
        kinds = [field.column for field in model._meta.local_concrete_fields]
        names = [f'"{name}"' for name in kinds]
        texts = [
            f"quote({name})" if connection.vendor == "sqlite" else f"{name}::text"
            for name in names
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(texts)} FROM {model._meta.db_table}"
                f" ORDER BY {names[0]}"
            )
            rows.append(cursor.fetchall())
    return rows


def links():
    through = Everything.tags.through
    return sorted(through.objects.values_list("everything_id", "tag_id"))


def test_every_type_gets_its_old_value_back_byte_for_byte(resource):
    before_rows = [FULL, BLANK | {"email": "x@example.org"}, ODD]
    loaded(resource, clean(resource, *before_rows))
    before = dump(Everything)
    changed = [
        ODD | {"code": "A-1", "email": "1@example.org"},
        FULL | {"code": "A-2", "email": "2@example.org"},
        BLANK | {"code": "0007"},
        FULL | {"code": "A-4", "email": "4@example.org"},
    ]
    image = loaded(resource, clean(resource, *changed))
    assert dump(Everything) != before
    result = undone(resource, image)
    assert (result.removed, result.restored, len(result.left)) == (1, 3, 0)
    assert dump(Everything) == before


def test_what_blank_cells_kept_is_no_change(resource):
    other = ODD | {"code": "A-2", "token": str(uuid.UUID(int=7))}
    loaded(resource, clean(resource, FULL, other))
    before = dump(Everything)
    kept = dict.fromkeys(FULL) | {"token": None}
    changed = [kept | {"code": "A-1", "whole": 5}, kept | {"code": "A-2", "text": "x"}]
    blanks = {name: KEEP for name in FULL if name != "code"}
    image = loaded(resource, clean(resource, *changed), blanks=blanks)
    assert dump(Everything) != before
    result = undone(resource, image)
    assert (result.removed, result.restored, len(result.left)) == (0, 2, 0)
    assert dump(Everything) == before


def test_an_image_survives_the_file(resource, tmp_path):
    image = loaded(resource, clean(resource, FULL, BLANK, ODD))
    write_image(image, tmp_path / "undo" / "000001.parquet")
    again = read_image(tmp_path / "undo" / "000001.parquet")
    assert again.equals(image, check_metadata=True)
    assert undone(resource, again).removed == 3
    assert not Everything.objects.exists()


def test_pieces_of_one_chunk_are_undone_together(resource):
    first = loaded(resource, clean(resource, FULL))
    second = loaded(resource, clean(resource, BLANK, ODD, first=3))
    result = undone(resource, join_unfolded([first, None, second]))
    assert (result.removed, result.restored) == (3, 0)


def test_what_was_changed_since_is_listed_and_left(resource):
    loaded(resource, clean(resource, {"code": "A-1", "whole": 1}))
    rows = [{"code": name, "whole": 5} for name in ("A-1", "A-2", "A-3")]
    image = loaded(resource, clean(resource, *rows, first=11))
    Everything.objects.filter(code__in=["A-1", "A-2"]).update(level=9)
    result = undone(resource, image)
    assert (result.removed, result.restored) == (1, 0)
    sentence = "This everything was changed after the import. It stays as it is."
    assert sorted(result.left.itertuples(index=False, name=None)) == [
        (11, "", "changed", "A-1", sentence),
        (12, "", "changed", "A-2", sentence),
    ]
    assert list(Everything.objects.order_by("code").values_list("code", "whole")) == [
        ("A-1", 5),
        ("A-2", 5),
    ]


def test_what_was_removed_since_is_listed(resource):
    image = loaded(resource, clean(resource, {"code": "A-1"}, {"code": "A-2"}))
    Everything.objects.filter(code="A-2").delete()
    result = undone(resource, image)
    assert result.removed == 1
    assert list(result.left["message"]) == [
        "This everything was removed after the import."
    ]


@pytest.mark.parametrize("each", [False, True])
def test_a_record_that_others_refer_to_is_listed_and_left(each):
    groups = resource_of(Group, save_each=each)
    image = loaded(groups, clean(groups, {"name": "A"}, {"name": "B"}), key=("name",))
    Everything.objects.create(code="A-1", group=Group.objects.get(name="B"))
    result = undone(groups, image)
    assert result.removed == 1
    assert result.left.to_dict("records") == [
        {
            "row": 3,
            "column": "",
            "code": "used",
            "value": "B",
            "message": "Some everythings refer to this group now. It stays as it is.",
        }
    ]
    assert list(Group.objects.values_list("name", flat=True)) == ["B"]


def test_links_are_put_back(resource):
    a, b, c = (Tag.objects.create(name=name).pk for name in "abc")
    loaded(
        resource,
        clean(resource, {"code": "A-1", "tags": [a, b]}, {"code": "A-2", "tags": [c]}),
    )
    before, values = links(), dump(Everything)
    rows = [{"code": "A-1", "tags": [b, c]}, {"code": "A-2", "tags": [c]}]
    image = loaded(resource, clean(resource, *rows, {"code": "A-3", "tags": [a]}))
    assert links() != before
    result = undone(resource, image)
    assert (result.removed, result.restored) == (1, 1)
    assert (links(), dump(Everything)) == (before, values)


def test_changed_links_count_as_a_change(resource):
    a, b = (Tag.objects.create(name=name).pk for name in "ab")
    image = loaded(
        resource,
        clean(resource, {"code": "A-1", "tags": [a]}, {"code": "A-2", "tags": [b]}),
    )
    Everything.objects.get(code="A-2").tags.add(a)
    result = undone(resource, image)
    assert (result.removed, list(result.left["code"])) == (1, ["changed"])


def test_a_parent_that_is_gone_keeps_the_new_value(resource):
    old, new = (Group.objects.create(name=name) for name in ("old", "new"))
    loaded(resource, clean(resource, {"code": "A-1", "group": old.pk}))
    image = loaded(resource, clean(resource, {"code": "A-1", "group": new.pk}))
    old.delete()
    result = undone(resource, image)
    assert list(result.left["message"]) == [
        "The group that this everything had before the import is not there any more."
        " It stays as it is."
    ]


def test_what_the_database_refuses_does_not_stop_the_rest(resource):
    rows = [{"code": f"A-{n}", "email": f"{n}@example.org"} for n in range(9)]
    loaded(resource, clean(resource, *rows))
    moved = [row | {"email": "new-" + row["email"]} for row in rows]
    image = loaded(resource, clean(resource, *moved))
    Everything.objects.create(code="other", email="4@example.org")
    result = undone(resource, image)
    assert (result.restored, list(result.left["row"])) == (8, [6])
    assert list(result.left["code"]) == ["refused"]


def test_a_preview_counts_and_writes_nothing(resource):
    loaded(resource, clean(resource, {"code": "A-1", "whole": 1}))
    rows = [{"code": name, "whole": 5} for name in ("A-1", "A-2", "A-3")]
    image = loaded(resource, clean(resource, *rows))
    Everything.objects.filter(code="A-3").update(level=9)
    before = dump(Everything)
    alias = Everything.objects.db
    with transaction.atomic(using=alias):
        result = preview_chunk(image, resource, connections[alias])
    assert (result.removed, result.restored, len(result.left)) == (1, 1, 1)
    assert dump(Everything) == before


def test_a_key_of_its_own_making_is_found():
    tickets = resource_of(Ticket)
    frame = clean(tickets, {"name": "one"}, {"name": "two"})
    image = loaded(tickets, frame, key=("name",))
    assert undone(tickets, image).removed == 2


def test_a_model_in_two_tables_is_undone():
    children = resource_of(Child)
    loaded(children, clean(children, {"code": "A-1", "shout": "one"}))
    before = dump(Child)
    rows = [{"code": "A-1", "shout": "two"}, {"code": "A-2", "shout": "three"}]
    image = loaded(children, clean(children, *rows))
    result = undone(children, image)
    assert (result.removed, result.restored) == (1, 1)
    assert dump(Child) == before
