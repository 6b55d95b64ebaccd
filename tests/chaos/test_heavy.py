"""A file that no guard refuses and that takes all memory, in a real worker."""

from __future__ import annotations

from pathlib import Path

from tests.chaos import striking
from tests.chaos.books import HEADER, make_book
from tests.chaos.site import running_site, wait_for
from tests.workbooks import hostile

MEGABYTES = 800


def test_a_file_that_takes_all_memory_fails_alone(tmp_path: Path):
    heavy = hostile.heavy_texts(tmp_path / "heavy.xlsx", light=100, header=HEADER)
    book = make_book(tmp_path / "products.xlsx", rows=2_000)
    settings = {
        "DATAIO_WORKER_BYTES": str(MEGABYTES * 1024**2),
        "DATAIO_STALLED_SECONDS": "6",
    }
    with running_site(tmp_path / "var", "worker1", **settings) as site:
        job = site.do("import", str(heavy))
        other = site.do("import", str(book.path))
        wait_for("the other job", lambda: striking.rests(site, other))
        wait_for("the job", lambda: striking.rests(site, job), seconds=120)
        found = striking.state_of(site, job)
        assert found["state"] == "failed"
        assert found["message"] in (
            "This needs more than the 800 MB of memory that one job may take, so it was "
            "stopped. Nothing more was changed. Split the file into smaller ones.",
            "This workbook takes too much memory to read. Split it into several workbooks, "
            "or save it as .csv.",
        )
        assert book.is_in(site)
        assert site.all_live()
