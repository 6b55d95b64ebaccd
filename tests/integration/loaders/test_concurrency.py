"""Two writers on the same keys at the same time, on PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from tests.integration.loaders.frames import clean, load, resource_of
from tests.testapp.models import Everything

EVERYTHING = resource_of(Everything)

pytestmark = pytest.mark.parametrize(
    "database", ["loaders_postgres"], indirect=True, scope="session"
)


def in_threads(*calls):
    results, errors = [], []

    def run(call):
        try:
            results.append(call())
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    return results


@pytest.mark.parametrize("old", [0, 1000, 2000])
def test_overlapping_keys_in_opposite_order_neither_deadlock_nor_repeat(old):
    Everything.objects.bulk_create(
        [Everything(code=f"c{number:05}", whole=0) for number in range(old)]
    )
    codes = [f"c{number:05}" for number in range(2000)]
    forth = clean(EVERYTHING, *({"code": code, "whole": 1} for code in codes))
    back = clean(EVERYTHING, *({"code": code, "whole": 2} for code in codes[::-1]))

    results = in_threads(
        lambda: load(EVERYTHING, forth),
        lambda: load(EVERYTHING, back),
        lambda: load(EVERYTHING, forth),
    )

    assert Everything.objects.count() == 2000
    assert sum(result.created for result in results) == 2000 - old
    assert [len(result.problems) for result in results] == [0, 0, 0]
    for result in results:
        assert result.created + result.updated + result.unchanged == 2000
    assert Everything.objects.values("whole").distinct().count() == 1


def test_two_writers_that_create_the_same_records_tell_who_was_second():
    frame = clean(EVERYTHING, *({"code": f"c{number:05}"} for number in range(2000)))

    results = in_threads(
        lambda: load(EVERYTHING, frame, mode="create"),
        lambda: load(EVERYTHING, frame, mode="create"),
    )

    assert sorted(result.created for result in results) == [0, 2000]
    assert sorted(len(result.problems) for result in results) == [0, 2000]
    second = next(result for result in results if not result.created)
    assert set(second.problems["code"]) == {"exists"}
