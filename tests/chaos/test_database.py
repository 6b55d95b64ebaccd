"""A database that goes away, is locked, or chooses us in a deadlock: never half a chunk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from tests.chaos.busy.person import Person, people
from tests.postgres import Server, running_postgres
from tests.stack import Stack, running_stack

ROWS = 8_000
CHUNK_ROWS = 1_000
SENTENCE = "The database does not answer at the moment."
Found = TypeVar("Found")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def site(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site on PostgreSQL that loads a thousand rows at a time."""
    settings = {
        "DATABASE_URL": server.address,
        "DATAIO_CHUNK_ROWS": str(CHUNK_ROWS),
        "DATAIO_STALLED_SECONDS": "5",
    }
    with running_stack(tmp_path_factory.mktemp("site") / "var", **settings) as site:
        yield site


@pytest.fixture
def anna(site: Stack) -> Person:
    return people(site, "anna")[0]


def until(look: Callable[[], Found], what: str, seconds: float = 90) -> Found:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)
    return found


def write_products(path: Path, prefix: str, price: str) -> Path:
    lines = ["SKU,Name,Category,Price,Quantity,Created"]
    lines += [
        f"{prefix}{number:05},Saw,Tools,{price},3,2024-02-01" for number in range(ROWS)
    ]
    path.write_text("\n".join(lines))
    return path


def loaded(site: Stack, job: str) -> tuple[int, int]:
    """Rows of the chunks that are marked as loaded, and the products there are, at one moment."""
    number = job.split("/")[2]
    ((marked, there),) = site.rows(
        "SELECT (SELECT coalesce(sum(rows), 0) FROM dataio_chunk"
        f" WHERE job_id = '{number}' AND state = 'loaded'),"
        " (SELECT count(*) FROM shop_product WHERE sku LIKE 'R-%')"
    )
    return int(marked), int(there)


def prices(site: Stack, prefix: str) -> list[tuple[int, str]]:
    """How many products there are at each price."""
    found = site.rows(
        "SELECT count(*), price::text FROM shop_product"
        f" WHERE sku LIKE '{prefix}%' GROUP BY price"
    )
    return [(int(count), str(price)) for count, price in found]


def test_a_database_that_is_restarted_costs_no_row_and_pages_say_so(
    server: Server, site: Stack, anna: Person, tmp_path: Path
):
    job = anna.check(write_products(tmp_path / "r.csv", "R-", "2.50"), "shop.product")
    anna.wait_for(job, {"review"})
    anna.load(job)
    until(lambda: loaded(site, job)[0], "a chunk is loaded")
    server.stop()
    try:
        pages = [anna.get(path) for path in ("/", job)]
        told = anna.get(f"{job}status/", headers={"Accept": "application/json"})
    finally:
        server.start()
    assert [page.status_code for page in pages] == [503, 503]
    assert all(SENTENCE in page.text for page in pages)
    assert (told.status_code, told.json()["error"][:43]) == (503, SENTENCE)
    marked, there = loaded(site, job)
    assert marked == there, "half a chunk"
    counts = anna.wait_for(job, {"done"})["counts"]
    assert (counts["created"], counts["failed"]) == (ROWS, 0)
    assert prices(site, "R-") == [(ROWS, "2.50")]


def deadlocks(server: Server) -> int:
    with psycopg.connect(server.address) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = 'dataio'"
        ).fetchone()
    return int(found[0]) if found else 0


def waits_for_a_lock(server: Server) -> bool:
    with psycopg.connect(server.address) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchone()
    return bool(found and found[0])


def cross(server: Server) -> None:
    """Lock one row in the middle of a chunk, then, once the import waits for it, all others.

    The import looks for a deadlock after three seconds, we only after a minute: it is the
    one whose transaction is taken back.
    """
    all_of = "SELECT 1 FROM shop_product WHERE sku LIKE 'K-%'"
    with psycopg.connect(server.address) as connection:
        connection.execute("SET deadlock_timeout = '60s'")
        connection.execute(f"{all_of} AND sku = 'K-00500' FOR UPDATE".encode())
        crossing.set()
        until(lambda: waits_for_a_lock(server), "the import waits for the row")
        connection.execute(f"{all_of} AND sku < 'K-01000' FOR UPDATE".encode())
        connection.rollback()


crossing = threading.Event()


def test_a_deadlock_is_tried_again_and_costs_no_row(
    server: Server, site: Stack, anna: Person, tmp_path: Path
):
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("ALTER DATABASE dataio SET deadlock_timeout = '3s'")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'dataio' AND pid <> pg_backend_pid()"
        )
    first = write_products(tmp_path / "k.csv", "K-", "2.50")
    site.manage("dataio_import", "product", str(first), "--json")
    second = write_products(tmp_path / "k.csv", "K-", "3.75")
    job = anna.check(second, "shop.product")
    anna.wait_for(job, {"review"})
    before = deadlocks(server)
    with ThreadPoolExecutor(1) as pool:
        crossed = pool.submit(cross, server)
        assert crossing.wait(60)
        anna.load(job)
        crossed.result(timeout=120)
    counts = anna.wait_for(job, {"done"})["counts"]
    assert (counts["updated"], counts["failed"]) == (ROWS, 0)
    assert prices(site, "K-") == [(ROWS, "3.75")]
    assert deadlocks(server) > before
