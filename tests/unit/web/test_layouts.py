# mypy: disable-error-code="arg-type, no-untyped-def, union-attr, index"
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.exports.table import SummaryTable
from dataio.resources import registry
from dataio.web.charts import chart_of
from dataio.web.layouts import LayoutForm, layout_data
from dataio.web.summaries import shown_table, slow_summary


def form(format: str = "xlsx", **typed: Any) -> LayoutForm:  # noqa: A002
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(f"layout-{name}", value if isinstance(value, list) else [value])
    resource = registry.get("shop.product")
    others = [registry.get("shop.order"), registry.get("shop.category")]
    return LayoutForm(data, list(resource.columns.values()), others, format)


def test_nothing_chosen_is_no_layout():
    assert form().layout == Layout()
    assert form().further_plans == ()


def test_what_was_chosen_becomes_a_layout():
    chosen = form(
        sheet_by="category",
        group_1="active",
        group_2="created",
        folded="on",
        totals="on",
        table="on",
        rows_1="created",
        rows_2="category",
        columns="active",
        values="price",
        aggregate="mean",
        by="quarter",
        chart="line",
        further=["shop.order"],
    )
    assert chosen.layout == Layout(
        sheet_by="category",
        group_by=("active", "created"),
        folded=True,
        totals=True,
        table=True,
        summary=Summary(
            rows=("created", "category"),
            columns=("active",),
            values="price",
            aggregate="mean",
            chart="line",
            by="quarter",
        ),
    )
    assert chosen.further_plans == (ExportPlan(resource="shop.order"),)
    assert chosen.has_dates


@pytest.mark.parametrize(
    ("typed", "summary"),
    [
        ({"rows_1": "category"}, Summary(rows=("category",), by="month")),
        ({"rows_1": "created", "by": "day"}, Summary(rows=("created",), by="")),
        (
            {"rows_1": "category", "values": "price"},
            Summary(rows=("category",), values="price", aggregate="sum", by="month"),
        ),
        ({"rows_1": "", "values": "price"}, None),
        ({"rows_1": "suppliers"}, None),
        ({"rows_1": "no such"}, None),
    ],
)
def test_a_summary_needs_lines_and_has_defaults(typed, summary):
    assert form(**typed).layout.summary == summary


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_a_file_with_one_table_has_no_layout(format):  # noqa: A002
    chosen = form(format, sheet_by="category", totals="on", further=["shop.order"])
    assert (chosen.is_possible, chosen.layout) == (False, Layout())
    assert chosen.further_plans == ()


def test_the_form_shows_what_a_plan_holds():
    layout = Layout(
        sheet_by="category",
        group_by=("active",),
        table=True,
        summary=Summary(rows=("created",), by="", chart="bar"),
    )
    plan = ExportPlan(
        resource="shop.product",
        layout=layout,
        further=(ExportPlan(resource="shop.order"),),
    )
    typed = {
        name.removeprefix("layout-"): texts for name, texts in layout_data(plan).items()
    }
    again = form(**typed)
    assert (again.layout, again.further_plans) == (plan.layout, plan.further)


def summed(rows: dict[str, list[Any]], labels: list[str], **more: Any) -> SummaryTable:
    table = pd.DataFrame(rows, index=pd.Index(labels, name="Line"), dtype=object)
    return SummaryTable(table=table, title="T", measure="M", **{"chart": "bar"} | more)


def test_bars_stand_on_each_other_and_end_at_the_numbers():
    found = summed(
        {"a": [Decimal(50), Decimal(10)], "b": [Decimal(50), None]}, ["x", "y"]
    )
    chart = chart_of(found)
    assert [tick.text for tick in chart.grid] == ["0", "20", "40", "60", "80", "100"]
    assert [bar.says for bar in chart.bars] == ["x · a: 50", "x · b: 50", "y · a: 10"]
    first, second, third = chart.bars
    assert float(first.y) == float(second.y) + float(second.height)
    assert float(first.height) == float(second.height) == pytest.approx(130)
    assert float(third.height) == pytest.approx(26)
    assert float(third.y) + float(third.height) == float(chart.zero)
    assert chart.legend == [(1, "a"), (2, "b")]


def test_bars_below_zero_hang_from_the_base_line():
    chart = chart_of(
        summed({"a": [Decimal(-10), Decimal(10)], "b": [5, 5]}, ["x", "y"])
    )
    below, above = chart.bars[0], chart.bars[2]
    assert below.y == chart.zero
    assert float(above.y) + float(above.height) == float(chart.zero)
    assert len({bar.x for bar in chart.bars}) == 4


def test_a_line_leaves_out_what_is_not_there():
    chart = chart_of(summed({"a": [1, None, 3]}, ["x", "y", "z"], chart="line"))
    (line,) = chart.lines
    assert [says for _x, _y, says in line.dots] == ["x: 1", "z: 3"]
    assert len(line.points.split()) == 2


def test_a_pie_puts_the_smallest_together():
    numbers = [100, *range(1, 16), 0]
    chart = chart_of(summed({"a": numbers}, [f"n{n}" for n in numbers], chart="pie"))
    assert len(chart.slices) == 12
    assert chart.slices[0].says == "n100: 100 (45%)"
    assert chart.slices[-1].says == "Others: 15 (7%)"


@pytest.mark.parametrize("chart", ["bar", "line", "pie"])
@pytest.mark.parametrize("numbers", [[], [None], [0], [Decimal("1e20")], [1e-9], [-5]])
def test_odd_numbers_draw_something_or_nothing(chart, numbers):
    found = summed({"a": numbers}, ["x"] * len(numbers), chart=chart)
    made = chart_of(found)
    if made is not None:
        html = render_to_string("dataio/parts/chart.html", {"chart": made})
        assert "nan" not in html
        assert "inf" not in html


def test_labels_and_title_are_escaped_and_nothing_has_a_style():
    found = summed({"<b>": [1], "c": [2]}, ["<script>"], total_row=False)
    html = render_to_string(
        "dataio/parts/export_summary.html", {"summary": shown_table(found)}
    )
    assert "<script>" not in html
    assert "<b>" not in html
    assert "style=" not in html
    assert html.count('scope="row"') == 1


def test_long_tables_are_cut_on_the_page_but_keep_their_total():
    numbers = list(range(150))
    found = summed(
        {"a": [*numbers, sum(numbers)]},
        [*(f"n{n}" for n in numbers), "Total"],
        total_row=True,
    )
    shown = shown_table(found)
    assert len(shown.lines) == 101
    assert (shown.lines[-1].labels, shown.lines[-1].numbers) == (["Total"], ["11,175"])
    assert shown.note == "The first 100 of 150 lines. The file has them all."
    assert shown.chart.note == "The chart shows the first 60 of 150 lines."


def test_a_slow_summary_is_said_to_be_in_the_file():
    html = render_to_string(
        "dataio/parts/export_summary.html", {"summary": slow_summary()}
    )
    assert "The file has it all the same." in html
