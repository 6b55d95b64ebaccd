"""A removal and its undo against real databases: cascades, references, what must stay."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from dataio.imports.loaders.images import read_image, write_image
from dataio.imports.loaders.lacking import remove_lacking
from dataio.imports.plan import ImportPlan
from dataio.imports.undo import preview_removal, undo_removal
from tests.integration.loaders.frames import clean, resource_of
from tests.integration.loaders.test_undo import dump
from tests.testapp.models import Account, Everything, Group, Place, Slot

GROUPS = resource_of(Group)
PLACES = resource_of(Place)
TABLES = (Group, Slot, Account, Place, Everything)


def remove(resource, key, *kept):
    """Remove the records with other keys; return what is told, and what is kept for an undo."""
    frame = clean(resource, *({key: value} for value in kept))
    plan = ImportPlan(resource=resource.label, mapping={key: key}, key=(key,))
    pieces = []
    with transaction.atomic(using=resource.model.objects.db):
        removed = remove_lacking([frame], plan, resource, pieces.append)
    return removed, pieces


def undone(resource, pieces):
    alias = resource.model.objects.db
    results = []
    for piece in reversed(pieces):
        with transaction.atomic(using=alias):
            results.append(undo_removal(piece, resource, connections[alias]))
    return results


@pytest.fixture
def groups():
    """Two groups, of which one has everything that refers to it."""
    keep, gone = (Group.objects.create(name=name) for name in ("keep", "gone"))
    for number in range(3):
        Slot.objects.create(group=gone, number=number, label="50 % off")
    Slot.objects.create(group=keep, number=1)
    Account.objects.create(code="A", group=gone)
    Place.objects.create(code="P", group=gone)
    return keep, gone


def test_everything_that_went_along_comes_back(groups, tmp_path):
    before = dump(*TABLES)
    removed, pieces = remove(GROUPS, "name", "keep")
    assert (removed.count, Slot.objects.count(), Account.objects.count()) == (1, 1, 0)
    assert Place.objects.get().group is None
    kept = []
    for number, table in enumerate(pieces[0]):
        write_image(table, tmp_path / f"{number}.parquet")
        kept.append(read_image(tmp_path / f"{number}.parquet"))
    (result,) = undone(GROUPS, [kept])
    assert (result.back, result.back_along, len(result.left)) == (1, 5, 0)
    assert dump(*TABLES) == before


def test_a_preview_says_the_same_and_writes_nothing(groups):
    _removed, pieces = remove(GROUPS, "name", "keep")
    now = dump(*TABLES)
    alias = Group.objects.db
    with transaction.atomic(using=alias):
        result = preview_removal(pieces[0], GROUPS, connections[alias])
    assert (result.back, result.back_along, len(result.left)) == (1, 5, 0)
    assert dump(*TABLES) == now


def test_a_reference_that_was_changed_since_stays(groups):
    _removed, pieces = remove(GROUPS, "name", "keep")
    Place.objects.update(group=groups[0])
    (result,) = undone(GROUPS, pieces)
    assert (result.back, result.back_along) == (1, 4)
    assert result.left["message"].tolist() == [
        "This place was changed after the import. It stays as it is."
    ]
    assert Place.objects.get().group == groups[0]


def test_what_refers_to_a_lost_record_stays_away(groups):
    _removed, pieces = remove(GROUPS, "name", "keep")
    Group.objects.create(name="gone")
    (result,) = undone(GROUPS, pieces)
    assert (result.back, result.back_along) == (0, 1)
    codes = result.left["code"].value_counts().to_dict()
    # The account names its group by a name, which is there again.
    assert codes == {"lost": 3, "taken": 1, "parent": 1}


def test_records_of_one_table_come_back_before_what_is_inside(monkeypatch):
    monkeypatch.setattr("dataio.imports.loaders.lacking.BATCH", 1)
    outer = Place.objects.create(code="outer")
    Place.objects.create(code="inner", inside=outer)
    Place.objects.create(code="stays")
    before = dump(Place)
    removed, pieces = remove(PLACES, "code", "stays")
    assert (removed.count, Place.objects.count()) == (2, 1)
    assert sum(result.back for result in undone(PLACES, pieces)) == 2
    assert dump(Place) == before


def test_records_with_which_something_unknown_would_go_are_left(groups, monkeypatch):
    monkeypatch.setattr(Slot._meta, "managed", False)
    Group.objects.create(name="alone")
    removed, pieces = remove(GROUPS, "name", "keep")
    assert (removed.count, removed.kept, removed.tied) == (1, 0, {"slots": ["gone"]})
    assert len(pieces) == 1
    assert set(Group.objects.values_list("name", flat=True)) == {"keep", "gone"}
