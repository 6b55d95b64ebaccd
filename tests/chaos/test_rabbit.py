"""On RabbitMQ: a worker that is killed, and a broker that hangs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos import faults, striking
from tests.chaos.books import Book
from tests.chaos.rabbit import Rabbit, running_rabbit
from tests.chaos.site import Person, Site, running_site, wait_for

NOBODY = "No worker is running."
AT_MOST = 20.0  # seconds that a click, or a page, may take


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    with running_rabbit(tmp_path_factory.mktemp("rabbit")) as found:
        yield found


@pytest.fixture(scope="module")
def site(rabbit: Rabbit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("on-rabbit") / "var"
    settings = {
        "CELERY_BROKER_URL": rabbit.url,
        "DATAIO_CHUNK_ROWS": str(faults.CHUNK_ROWS),
        "DATAIO_STALLED_SECONDS": "6",
    }
    with running_site(var, "worker1", **settings) as found:
        yield found


@pytest.fixture(scope="module")
def demo(site: Site) -> Person:
    return Person(site)


def test_what_a_killed_worker_had_in_hand_is_loaded_once(
    site: Site, demo: Person, book: Book, luck: random.Random
):
    hit = striking.until_it_hits(
        luck,
        (20, 80),
        lambda at: faults.import_under_fire(site, demo, book, at, "worker"),
    )
    assert hit.wait < striking.GOES_ON_WITHIN
    striking.tell(hit)


def timed(click: Callable[[], str]) -> tuple[str, float]:
    """Return the job, and the seconds that the click took."""
    started = time.monotonic()
    return click(), time.monotonic() - started


def test_a_click_while_the_broker_hangs_is_kept_and_starts_when_it_goes_on(
    site: Site, demo: Person, rabbit: Rabbit
):
    site.wait_for_workers()
    # The web server has a connection that has been used, as it has on most days.
    click = lambda: demo.export("shop.category")  # noqa: E731
    first = click()
    wait_for("a first export", lambda: striking.rests(site, first))
    with rabbit.held():
        clicks = [timed(click), timed(click)]
        # A process that has none yet.
        clicks.append(timed(lambda: site.do("export")))
        assert max(took for _job, took in clicks) < AT_MOST, clicks
        started = time.monotonic()
        wait_for("a word", lambda: NOBODY in demo.words(f"jobs/{clicks[1][0]}/"))
        asked = time.monotonic() - started
        striking.tell(f"clicks and page: {clicks}, {asked:.1f} s")
        assert asked < AT_MOST
        states = [striking.state_of(site, job)["state"] for job, _took in clicks]
        assert states == ["waiting"] * 3
    for job, _took in clicks:
        wait_for("the export", lambda it=job: striking.rests(site, it), seconds=150)
        assert striking.state_of(site, job)["state"] == "done"
