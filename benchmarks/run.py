"""Time import and export beside what limits them and what people start from, in one run.

    python -m benchmarks.run [--rows 10000] [--check]

Every figure is a ratio to the bare streaming parse of the same workbook on the same machine at the
same moment, since absolute times on shared machines say little. `--check` compares with
`baseline.json` and fails when a ratio has fallen by more than a third.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
ROUNDS = 3
"""Each figure is the best of so many, taken in turns: the least disturbed."""
FALL = 1 / 3
SAMPLE_ROWS = 500
"""Rows of the row-by-row loop that people start from; more would take minutes."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dataio-bench-") as folder:
        figures = measure(Path(folder), options.rows)
    print(table(figures, options.rows))
    print(json.dumps(figures))
    return check(figures) if options.check else 0


def measure(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Return rows per second, peak memory in MB and the ratio to the parse, by name."""
    os.environ |= {"DATAIO_VAR": str(folder / "var"), "LOG_LEVEL": "ERROR"}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    import django

    django.setup()
    manage("migrate", "-v", "0")
    manage("shop_seed")
    workbook = folder / "products.xlsx"
    from project.shop.samples import write_clean

    write_clean(workbook, rows)
    contestants: dict[str, Callable[[], dict[str, float]]] = {
        "parse": lambda: parse(workbook, rows),
        "import, new": lambda: imported(workbook, fresh=True),
        "import, unchanged": lambda: imported(workbook, fresh=False),
        "export xlsx": lambda: exported(folder / "out.xlsx"),
        "export csv": lambda: exported(folder / "out.csv"),
        "pandas, openpyxl and get_or_create": lambda: loop(workbook),
    }
    best: dict[str, dict[str, float]] = {}
    for _round in range(ROUNDS):
        for name, run in contestants.items():
            figure = run()
            if figure["rows_per_second"] > best.get(name, {}).get("rows_per_second", 0):
                best[name] = figure
    for figure in best.values():
        figure["ratio"] = round(
            figure["rows_per_second"] / best["parse"]["rows_per_second"], 4
        )
    return best


def parse(workbook: Path, rows: int) -> dict[str, float]:
    """Pull every row of the file through the bare parser."""
    from python_calamine_plus import CalamineWorkbook

    started = time.perf_counter()
    for _row in CalamineWorkbook.from_path(workbook).stream_sheet_by_index(0):
        pass
    return {"rows_per_second": rows / (time.perf_counter() - started)}


def imported(workbook: Path, *, fresh: bool) -> dict[str, float]:
    """Import by the command, in a process of its own."""
    if fresh:
        forget()
    return told(manage("dataio_import", "product", str(workbook), "--json"))


def exported(target: Path) -> dict[str, float]:
    return told(manage("dataio_export", "product", str(target), "--json"))


def told(output: str) -> dict[str, float]:
    result: dict[str, Any] = json.loads(output)
    assert result["state"] == "done", result
    return {name: float(result[name]) for name in ("rows_per_second", "peak_rss_mb")}


def loop(workbook: Path) -> dict[str, float]:
    """The sample that everyone starts from: the whole file in memory, one row at a time."""
    import pandas as pd

    from project.shop.models import Category, Product

    forget()
    started = time.perf_counter()
    frame = pd.read_excel(workbook, engine="openpyxl", nrows=SAMPLE_ROWS)
    for _index, row in frame.iterrows():
        category, _new = Category.objects.get_or_create(name=row["Category"])
        Product.objects.get_or_create(
            sku=row["SKU"],
            defaults={
                "name": row["Name"],
                "category": category,
                "price": row["Price"],
                "quantity": row["Quantity"],
            },
        )
    forget()
    return {"rows_per_second": SAMPLE_ROWS / (time.perf_counter() - started)}


def forget() -> None:
    """Remove the products of the workbook."""
    from project.shop.models import Product

    Product.objects.filter(sku__startswith="P-").delete()


def manage(*arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def table(figures: dict[str, dict[str, float]], rows: int) -> str:
    lines = [f"{rows:,} rows x 10 columns, SQLite; ratio to the bare parse of the file"]
    for name, figure in figures.items():
        memory = figure.get("peak_rss_mb", 0)
        lines.append(
            f"{name:36} {figure['rows_per_second']:>10,.0f} rows/s"
            f" {figure['ratio']:>8.3f} {memory:>6.0f} MB"
        )
    return "\n".join(lines)


def check(figures: dict[str, dict[str, float]]) -> int:
    """Return 1 when a ratio has fallen by more than a third of the baseline's."""
    baseline: dict[str, float] = json.loads(BASELINE.read_text())
    fallen = [
        f"{name}: {figures[name]['ratio']:.3f}, was {ratio:.3f}"
        for name, ratio in baseline.items()
        if figures[name]["ratio"] < ratio * (1 - FALL)
    ]
    if fallen:
        print("Slower than the baseline by more than a third: " + "; ".join(fallen))
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
