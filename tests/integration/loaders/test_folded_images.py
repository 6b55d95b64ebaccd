"""Images tell what records are in the end, and in the order of the file's lines."""

from __future__ import annotations

import pytest
from django.db import connections

from dataio.imports.loaders.images import plain_values, read_image, write_image
from dataio.imports.loaders.unfolded import unfolded
from tests.integration.loaders.frames import clean, resource_of
from tests.integration.loaders.test_undo import dump, loaded, undone
from tests.testapp.models import Place

PLACE = resource_of(Place)
ON_SQLITE = """
CREATE TRIGGER told AFTER INSERT ON testapp_place WHEN NEW.inside_id IS NULL
BEGIN UPDATE testapp_place SET inside_id = NEW.id WHERE id = NEW.id; END
"""
ON_POSTGRES = """
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.inside_id IS NULL THEN
    UPDATE testapp_place SET inside_id = NEW.id WHERE id = NEW.id;
  END IF; RETURN NULL; END $$;
CREATE TRIGGER told AFTER INSERT OR UPDATE ON testapp_place
  FOR EACH ROW EXECUTE FUNCTION told();
"""


@pytest.fixture
def trigger(alias):
    """Each place that is inside nothing comes to be inside itself."""
    on_sqlite = alias == "loaders_sqlite"
    drop = "DROP TRIGGER told"
    if not on_sqlite:
        drop += " ON testapp_place; DROP FUNCTION told"
    with connections[alias].cursor() as cursor:
        cursor.execute(ON_SQLITE if on_sqlite else ON_POSTGRES)
        yield
        cursor.execute(drop)


def places(*codes, group=None):
    return clean(PLACE, *({"code": code, "group": group} for code in codes))


def test_what_a_trigger_made_of_records_is_undone_too(trigger):
    image = loaded(PLACE, places("b", "a"))
    assert {inside for _pk, _code, _group, inside in dump(Place)[0]} != {None}
    result = undone(PLACE, image)
    assert (result.removed, len(result.left)) == (2, 0)
    assert dump(Place) == [[]]


def test_lines_are_those_of_the_file_whatever_the_order_of_keys(tmp_path):
    loaded(PLACE, places("d", "b"))
    group = PLACE.column("group").model.objects.create(name="G")
    before = dump(Place)
    frame = places("e", "b", 'a "1",\n2', "d", group=group.pk)
    image = loaded(PLACE, frame)
    write_image(image, tmp_path / "image")
    image = read_image(tmp_path / "image")
    whole = unfolded(image)
    lines = zip(
        whole.column("row").to_pylist(),
        whole.column("action").to_pylist(),
        plain_values(whole.column("new.code")),
        plain_values(whole.column("old.group_id")),
        plain_values(whole.column("new.group_id")),
        strict=True,
    )
    told = [(*line[:4], int(line[4])) for line in lines]
    assert sorted(told) == [
        (2, "created", "e", None, group.pk),
        (3, "updated", "b", None, group.pk),
        (4, "created", 'a "1",\n2', None, group.pk),
        (5, "updated", "d", None, group.pk),
    ]
    result = undone(PLACE, image)
    assert (result.removed, result.restored, len(result.left)) == (2, 2, 0)
    assert dump(Place) == before
