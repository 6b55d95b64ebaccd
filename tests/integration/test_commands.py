"""dataio_import and dataio_export: the pipeline of the pages, in the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from project.shop.seed import seed_shop
from tests.stack import ROOT

KEYS = {
    "job",
    "state",
    "rows",
    "created",
    "updated",
    "unchanged",
    "failed",
    "problems",
    "seconds",
    "rows_per_second",
    "peak_rss_mb",
}
HEADER = ["SKU", "Name", "Category", "Price"]


@dataclass(frozen=True)
class Said:
    """What a command left in the terminal."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def last(self) -> str:
        return self.err.strip().splitlines()[-1]


Manage = Callable[..., Said]


@pytest.fixture
def manage(
    db_with_shop: None, capsys: pytest.CaptureFixture[str], settings: Any
) -> Manage:
    """Run a command in this process, without any Redis."""
    settings.DATAIO_REDIS_URL = "redis://127.0.0.1:1/0"

    def run(*arguments: str | Path) -> Said:
        out, problem, code = StringIO(), "", 0
        try:
            call_command(*map(str, arguments), stdout=out)
        except CommandError as error:
            problem, code = f"CommandError: {error}", error.returncode
        return Said(code, out.getvalue(), capsys.readouterr().err + problem)

    return run


@pytest.fixture
def db_with_shop(transactional_db: None) -> None:
    seed_shop()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Manage:
    """Run manage.py as a process, on a site of its own."""
    own = {
        "DATAIO_VAR": str(tmp_path_factory.mktemp("site")),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LOG_LEVEL": "CRITICAL",
    }
    inherited = {
        k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PORT")
    }

    def run(*arguments: str | Path) -> Said:
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env=inherited | own,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    said = run("migrate", "--verbosity=0")
    assert said.code == 0, said
    return run


def workbook(path: Path, rows: list[list[Any]], header: list[str] = HEADER) -> Path:
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    book.save(path)
    return path


def test_stdout_is_json_and_nothing_else_and_the_exit_code_is_right(
    shell: Manage, tmp_path: Path
):
    file = workbook(tmp_path / "a.xlsx", [["Tools"], ["Toys"]], ["Name"])
    said = shell("dataio_import", "category", file, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.data["created"] == 2
    said = shell("dataio_import", "nothing", file)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("CommandError: ")
    assert said.err.count("\n") == 1


def test_an_import_prints_one_object(manage: Manage, tmp_path: Path):
    rows: list[list[Any]] = [[f"C-{n}", "Saw", "Tools", n + 0.5] for n in range(300)]
    rows[1][3] = "12,5o"
    rows[2][2] = "Tolls"
    said = manage(
        "dataio_import", "product", workbook(tmp_path / "a.xlsx", rows), "--json"
    )
    assert (said.code, said.err) == (0, "")
    data = said.data
    assert data.keys() >= KEYS
    assert {name: data[name] for name in ("state", "rows", "created", "failed")} == {
        "state": "done",
        "rows": 300,
        "created": 298,
        "failed": 2,
    }
    assert [(one["row"], one["column"], one["value"]) for one in data["problems"]] == [
        (3, "price", "12,5o"),
        (4, "category", "Tolls"),
    ]
    assert data["peak_rss_mb"] > 0
    assert data["rows_per_second"] > 0


def test_the_first_hundred_problems_are_printed(manage: Manage, tmp_path: Path):
    rows: list[list[Any]] = [[f"Q-{n}", "Saw", "Tools", "dear"] for n in range(150)]
    file = workbook(tmp_path / "a.xlsx", rows)
    data = manage("dataio_import", "product", file, "--json").data
    assert (data["failed"], data["problem_count"], len(data["problems"])) == (
        150,
        150,
        100,
    )


def test_all_or_nothing_fails_with_a_sentence(manage: Manage, tmp_path: Path):
    file = workbook(
        tmp_path / "a.xlsx",
        [["N-1", "Saw", "Tools", 1], ["N-2", "Saw", "Tools", "dear"]],
    )
    said = manage("dataio_import", "product", file, "--atomic", "--json")
    assert said.code == 1
    assert said.data["state"] == "failed"
    assert said.last.endswith("all or nothing was chosen.")
    out = tmp_path / "n.csv"
    manage("dataio_export", "product", out, "--filter", "sku=N-", "--columns", "sku")
    assert out.read_text("utf-8-sig").split() == ['"SKU"']


def test_mode_and_key_are_taken(manage: Manage, tmp_path: Path):
    rows = [["M-1", "Saw", "Tools", 1]]
    file = workbook(tmp_path / "a.xlsx", rows)
    options = ["--json", "--mode", "create", "--key", "sku"]
    assert manage("dataio_import", "shop.product", file, *options).data["created"] == 1
    again = manage("dataio_import", "shop.product", file, *options).data
    assert (again["created"], again["failed"]) == (0, 1)
    file = workbook(tmp_path / "b.xlsx", [["M-1", "Drill", "Tools", 1]])
    changed = manage("dataio_import", "product", file, "--mode", "update", "--json")
    assert changed.data["updated"] == 1


def test_an_export_writes_what_was_asked_for(manage: Manage, tmp_path: Path):
    file = tmp_path / "toys.xlsx"
    options = ["--columns", "price,sku", "--filter", "category=Toys"]
    said = manage("dataio_export", "product", file, *options, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.data.keys() >= KEYS
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == ("Price", "SKU")
    assert len(rows) == said.data["rows"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["toys.xlsx"]


def test_related_columns_repeated_filters_and_an_order(manage: Manage, tmp_path: Path):
    file = tmp_path / "lines.xlsx"
    options = ["--columns", "number,customer.name,lines.quantity", "--sort=-number"]
    options += ["--filter", "status=paid", "--filter", "status=shipped"]
    said = manage("dataio_export", "order", file, *options, "--json")
    assert (said.code, said.err) == (0, "")
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == ("Number", "Customer: name", "Order line: quantity")
    numbers = [str(row[0]) for row in rows]
    assert len(numbers) > 0
    assert numbers == sorted(numbers, reverse=True)


def test_without_json_there_is_a_bar_and_a_sentence(manage: Manage, tmp_path: Path):
    said = manage("dataio_export", "product", tmp_path / "all.csv")
    assert said.code == 0
    assert "writing" in said.err
    assert "rows" in said.err
    assert said.out.endswith(" seconds.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["dataio_import", "nothing", "{file}"],
        ["dataio_import", "product", "{folder}/missing.xlsx"],
        ["dataio_import", "product", "{picture}"],
        ["dataio_import", "product", "{file}", "--sheet", "Nowhere"],
        ["dataio_import", "product", "{file}", "--key", "colour"],
        ["dataio_import", "product", "{strange}"],
        ["dataio_export", "nothing", "{folder}/x.xlsx"],
        ["dataio_export", "product", "{folder}/x.xlsx", "--columns", "colour"],
        ["dataio_export", "product", "{folder}/x.pdf"],
        ["dataio_export", "product", "{folder}/x.csv", "--filter", "colour=red"],
        ["dataio_export", "product", "{folder}/x.csv", "--filter", "colour"],
        ["dataio_export", "product", "{folder}/x.csv", "--filter", "price_min=dear"],
        ["dataio_export", "product", "{folder}/no/such/x.csv"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    manage: Manage, tmp_path: Path, arguments: list[str]
):
    files = {
        "file": workbook(tmp_path / "good.xlsx", [["E-1", "Saw", "Tools", 1]]),
        "strange": workbook(tmp_path / "odd.xlsx", [[1, 2]], ["Colour", "Shape"]),
        "picture": tmp_path / "picture.xlsx",
        "folder": tmp_path,
    }
    files["picture"].write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    said = manage(*[text.format(**files) for text in arguments])
    assert said.code == 1
    assert said.last.startswith("CommandError: ")
    assert said.last.endswith((".", "?"))
