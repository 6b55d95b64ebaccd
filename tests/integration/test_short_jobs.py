"""A short import overtakes a long one, with real workers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.chaos.site import wait_for
from tests.stack import Stack, running_stack

pytestmark = pytest.mark.stack

BOTH = """
from pathlib import Path
import json, sys
from django.core.files.base import ContentFile
from django.contrib.auth.models import User
from dataio.imports.matching import propose_plan
from dataio.jobs import files, intake
from dataio.resources import registry

def accepted(prefix, rows):
    lines = (f"{prefix}-{n},Saw {n},Tools,1.50," + "x" * 60 for n in range(rows))
    text = "\\n".join(["SKU,Name,Category,Price,Notes", *lines])
    upload = ContentFile(text.encode(), "products.csv")
    job = intake.receive_upload(User.objects.get(username="demo"), upload)
    plan = propose_plan(files.peek_of(job).sheets[0], registry.get("product"))
    intake.accept_import(job, plan.with_changes(check_first=False))
    return str(job.pk)

print(json.dumps([accepted("LONG", 20_000), accepted("SHORT", 100)]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Stack]:
    """One process takes from both queues."""
    var = tmp_path_factory.mktemp("short") / "var"
    with running_stack(var, DATAIO_CHUNK_ROWS="500", WORKERS="1") as found:
        yield found


def ended(site: Stack) -> dict[str, tuple[str, int, str]]:
    """State, rows created and end of each job, by its id."""
    rows = site.rows("SELECT id, state, created, finished_at FROM dataio_job")
    return {
        str(pk).replace("-", ""): (state, created, str(at))
        for pk, state, created, at in rows
    }


def test_a_short_import_overtakes_a_long_one(site):
    said = site.manage("shell", "-v", "0", "-c", BOTH)
    long, short = (pk.replace("-", "") for pk in json.loads(said.splitlines()[-1]))

    def done() -> bool:
        return {state for state, _rows, _at in ended(site).values()} == {"done"}

    wait_for("both imports", done)
    found = ended(site)
    assert (found[long][:2], found[short][:2]) == (("done", 20_000), ("done", 100))
    assert found[short][2] < found[long][2]
