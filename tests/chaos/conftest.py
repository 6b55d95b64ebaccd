"""Sites whose processes may be killed, and a workbook whose every value is known."""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.books import Book, make_book

SEED = int(os.environ.get("CHAOS_SEED", "20261122"))
"""Which moments are drawn; `make chaos` takes a new one each time, and says it."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """All tests here start real processes."""
    if "/chaos/" in str(item.path):
        item.add_marker(pytest.mark.stack)


@pytest.fixture
def luck(request: pytest.FixtureRequest) -> random.Random:
    """What draws the moments: the same ones for the same CHAOS_SEED."""
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  shown with a failure
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """30,000 products; half of them are in the database before, with other values."""
    return make_book(tmp_path_factory.mktemp("book") / "products.xlsx", rows=30_000)
