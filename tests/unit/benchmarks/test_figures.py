"""Ratios, what has fallen, the table and the picture are made of the figures rightly."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks import chart, table, targets
from benchmarks.contestants import CONTESTANTS
from benchmarks.figures import (
    BASELINE,
    RESULTS,
    Figure,
    fallen,
    figures_of,
    load,
    ratios,
    with_turn,
)
from benchmarks.interactive import targets as felt_targets
from benchmarks.series import Series
from benchmarks.shapes import Shape


def figure(contestant, seconds, *, rows=1_000_000, operation="create", **more):
    fields = {
        "database": "sqlite",
        "shape": "1000000x10",
        "cpu_seconds": seconds,
        "turns": [seconds],
        **more,
    }
    return Figure(
        contestant=contestant, operation=operation, rows=rows, seconds=seconds, **fields
    )


def known(*figures):
    return {one.key: one for one in figures}


def test_a_ratio_compares_rows_per_second_whatever_part_the_other_took():
    figures = known(figure("dataio", 10), figure("bulk", 50, rows=100_000))
    assert ratios(figures) == {"sqlite 1000000x10 create: bulk": 50.0}


def test_there_is_no_ratio_without_ours():
    assert ratios(known(figure("bulk", 50))) == {}
    other = figure("bulk", 50, operation="export")
    assert ratios(known(figure("dataio", 10), other)) == {}


def test_the_best_turn_counts_and_all_are_kept():
    figures = {}
    for seconds in (12.0, 10.0, 11.0):
        figures = with_turn(figures, figure("dataio", seconds))
    (best,) = figures.values()
    assert (best.seconds, best.turns) == (10.0, [12.0, 10.0, 11.0])


@pytest.mark.parametrize(
    ("now", "lost"), [(30.0, False), (20.1, False), (19.9, True), (None, True)]
)
def test_a_ratio_has_fallen_when_a_third_of_it_is_gone(now, lost):
    found = {} if now is None else {"bulk": now}
    assert bool(fallen(found, {"bulk": 30.0})) is lost


def test_what_has_fallen_is_said_with_both_numbers():
    assert fallen({"bulk": 10.0}, {"bulk": 30.0}) == ["bulk: 10.00, was 30.00"]


@pytest.mark.parametrize(
    ("shape", "name", "rows"),
    [
        ("1000000x10", "dataio", 1_000_000),
        ("1000000x10", "bulk", 120 * CONTESTANTS["bulk"].speed),
        ("10000x10", "bulk", 10_000),
        ("100000x50", "bulk", 24 * CONTESTANTS["bulk"].speed // 500 * 500),
    ],
)
def test_only_peers_that_take_over_two_minutes_are_cut(shape, name, rows):
    series = Series(shape=Shape.parse(shape))
    assert series.cut(CONTESTANTS[name]).rows == rows


def test_peers_take_one_turn_and_dataio_all():
    names = [name for name, _operation, _shape in Series(shape=Shape(rows=10)).turns()]
    assert names.count("dataio") == 3 * len(CONTESTANTS["dataio"].operations)
    assert names.count("bulk") == len(CONTESTANTS["bulk"].operations)


def test_the_table_says_how_many_times_as_fast_and_of_how_many_rows():
    figures = known(
        figure("dataio", 10),
        figure("limit", 8),
        figure("bulk", 50, rows=100_000),
        figure("loop", 20, rows=10_000),
        figure("dataio", 1, rows=100_000, shape="100000x10"),
    )
    assert table.markdown(figures).splitlines() == [
        "| 1,000,000 rows x 10 columns | SQLite: new |",
        "|---|---:|",
        "| share of the limit of two cores | 80% |",
        "| django-import-export, bulk (100,000 of the rows) | 50x |",
        "| pandas, openpyxl and get_or_create (10,000 of the rows) | 200x |",
    ]


def test_a_new_table_takes_the_place_of_the_old_one():
    text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    fresh = table.put(text, "new")
    assert fresh == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"
    assert table.put(fresh, "new") == fresh


def test_the_readme_and_the_page_carry_the_tables_of_the_figures_that_are_kept():
    results = load(RESULTS)
    readme, page = table.README.read_text(), table.PAGE.read_text()
    assert table.put(readme, table.markdown(figures_of(results))) == readme
    assert table.put(page, table.page(results)) == page


def test_the_picture_is_the_one_of_the_figures_that_are_kept():
    assert chart.PICTURE.read_text() == chart.picture(figures_of(load(RESULTS)))


def test_the_picture_has_a_line_for_each_contestant_on_each_database():
    ours = [
        figure("dataio", 1, rows=100_000, shape="100000x10"),
        figure("dataio", 10),
        figure("bulk", 50, rows=100_000),
    ]
    both = [*ours, *(replace(one, database="postgresql") for one in ours)]
    drawn = chart.picture(known(*both))
    lines = re.findall(r'<polyline class="(line \w+)" points="([^"]+)"', drawn)
    assert sorted(kind for kind, _points in lines) == [
        *("line bulk", "line bulk"),
        *("line dataio", "line dataio"),
    ]
    points = next(points for kind, points in lines if kind == "line dataio")
    (x1, y1), (x2, y2) = re.findall(r"([\d.]+),([\d.]+)", points)
    assert float(x2) > float(x1)
    assert float(y2) < float(y1)


def test_the_baseline_holds_ratios_of_contestants_that_there_are():
    baseline = load(BASELINE)
    assert baseline
    assert all(name.rpartition(" ")[2] in CONTESTANTS for name in baseline)


def test_each_target_of_what_a_person_feels_is_met_or_missed():
    found = {
        "clicks": {"1,000 rows": {"import": {"median_ms": 600}}},
        "watchers": {"200 watchers of 200 jobs": {"p99_ms": 20.0}},
        "telling": {"share_of_work": 0.005},
    }
    assert list(felt_targets.verdicts(found)) == [
        "MISSED 1,000 rows, click to finished page, ms: 600, at most 500",
        "met    200 watchers of 200 jobs, ms: 20, at most 50",
        "met    progress, share of the job: 0.005, at most 0.01",
    ]


def test_each_target_of_a_million_rows_is_met_or_missed():
    memory = {"worker": 250.0}
    figures = known(
        figure("dataio", 10, peak_mb=memory),
        figure("dataio", 1, rows=100_000, shape="100000x10", peak_mb={"worker": 200.0}),
        figure("limit", 8),
        figure("bulk", 50, rows=100_000),
    )
    assert list(targets.verdicts(figures)) == [
        "met    sqlite create, rows a second: 100,000, at least 75,000",
        "met    sqlite create, times as fast as bulk: 50, at least 45",
        "met    sqlite create, share of the limit: 0.8, at least 0.75",
        "met    sqlite create, MB of a worker: 250, at most 300",
        "MISSED sqlite create, growth of memory: 1.25, at most 1.1",
        "met    sqlite create, growth of time: 10, at most 10.5",
    ]
