"""Many people at once: all right, in turns, within memory, and not without limit."""

from __future__ import annotations

import csv
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from tests.chaos.busy.person import Person, job_path, people
from tests.stack import Stack

pytestmark = pytest.mark.stack

PROCESS_BYTES = 500 * 1024 * 1024
ROWS = 40
Given = TypeVar("Given")
Found = TypeVar("Found")


def at_once(do: Callable[[Given], Found], given: Sequence[Given]) -> list[Found]:
    """Do it for each at the same moment, each in a thread of its own."""
    gate = threading.Barrier(len(given))

    def one(item: Given) -> Found:
        gate.wait(timeout=60)
        return do(item)

    with ThreadPoolExecutor(len(given)) as pool:
        return list(pool.map(one, given))


@contextmanager
def held(site: Stack) -> Iterator[None]:
    """The workers stand still, so that everything that is asked for waits."""
    group = os.getpgid(site.pids["worker"])
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def write_products(path: Path, prefix: str) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["SKU", "Name", "Category", "Price", "Quantity", "Created"])
        for number in range(ROWS):
            sku = f"{prefix}{number:03}"
            writer.writerow([sku, "Saw", "Tools", "2.50", number, "2024-02-01"])
    return path


def memory_of(site: Stack) -> dict[str, int]:
    """The greatest resident memory of a process of the workers, and of the web server."""
    worker = psutil.Process(site.pids["worker"]).children(recursive=True)
    parts = {"worker": worker, "web": [psutil.Process(site.pids["web"])]}
    return {
        name: max(one.memory_info().rss for one in found)
        for name, found in parts.items()
    }


def starts(site: Stack, everybody: list[Person]) -> list[str]:
    """Whose jobs were started, in the order in which they were."""
    names = ", ".join(f"'{one.name}'" for one in everybody)
    found = site.rows(
        "SELECT u.username FROM dataio_job j JOIN auth_user u ON u.id = j.owner_id"
        f" WHERE u.username IN ({names}) AND j.started_at IS NOT NULL"
        " ORDER BY j.started_at"
    )
    return [name for (name,) in found]


@pytest.mark.parametrize(
    ("count", "each"),
    [
        (6, 4),
        pytest.param(
            *(20, 10),
            marks=[pytest.mark.chaos, pytest.mark.timeout(1_800)],
            id="200 jobs of 20 people",
        ),
    ],
)
def test_jobs_of_many_people_at_once_are_all_right_and_take_turns(
    site: Stack, tmp_path: Path, count: int, each: int
):
    everybody = people(site, *(f"p{count}-{number}" for number in range(count)))
    for one in everybody:
        # Whoever asks first has the last turn too.
        one.patience += 4 * count * each
    paths = [write_products(tmp_path / one.name, f"{one.name}-") for one in everybody]
    before = memory_of(site)
    ((shops,),) = site.rows("SELECT count(*) FROM shop_supplier")

    def ask(number: int) -> tuple[str, list[str]]:
        """Each a file to import, and the rest to export."""
        one = everybody[number]
        checked = one.check(paths[number], "shop.product")
        answers = [one.export("shop.supplier", "name") for _more in range(each - 1)]
        return checked, [job_path(answer) for answer in answers]

    with held(site):
        # The first asks for everything before anybody else asks for anything.
        asked = [ask(0), *at_once(ask, range(1, count))]
    for one, (checked, exports) in zip(everybody, asked, strict=True):
        one.wait_for(checked, {"review"})
        for path in exports:
            told = one.wait_for(path, {"done"})
            text = one.get(f"{path}download/").content.decode("utf-8-sig")
            assert len(list(csv.reader(io.StringIO(text)))) - 1 == shops
            assert told["counts"]["rows"] == shops
    order = starts(site, everybody)
    assert sorted(order) == sorted(
        one.name for one in everybody for _job in range(each)
    )
    last_first = max(order.index(one.name) for one in everybody)
    assert last_first < 2 * count, f"somebody waited for all jobs of another: {order}"

    at_once(lambda number: everybody[number].load(asked[number][0]), range(count))
    for one, (checked, _exports) in zip(everybody, asked, strict=True):
        counts = one.wait_for(checked, {"done"})["counts"]
        assert (counts["created"], counts["failed"]) == (ROWS, 0)
    found = site.rows(f"SELECT count(*) FROM shop_product WHERE sku LIKE 'p{count}-%'")
    assert found == [(count * ROWS,)]
    after = memory_of(site)
    assert max(after.values()) < PROCESS_BYTES, (before, after)


def test_one_person_may_have_so_many_jobs_and_is_told_so(site: Stack):
    (one,) = people(site, "hasty")
    with held(site):
        answers = at_once(
            lambda _number: one.export("shop.supplier", "name"), range(10)
        )
        paths = [job_path(answer) for answer in answers]
        page = one.export("shop.supplier", "name")
        assert page.status_code == 429
        assert "10 jobs of yours wait or run, as many as are allowed" in page.text
        # Somebody else is not held back by it, nor is a job of one's own that is stopped.
        (other,) = people(site, "calm")
        paths_of_other = job_path(other.export("shop.supplier", "name"))
        one.post(f"{paths[0]}cancel/")
        paths[0] = job_path(one.export("shop.supplier", "name"))
    for path in paths:
        one.wait_for(path, {"done"})
    other.wait_for(paths_of_other, {"done"})
