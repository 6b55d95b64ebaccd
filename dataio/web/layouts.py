"""The layout part of the export page: its form, and the Layout that a person chose by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dataio.columns.base import Column
from dataio.exports.pivot import DATES
from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.exports.summary import can_be_key, can_be_value
from dataio.resources import Resource
from dataio.writers import FORMATS

PREFIX = "layout"  # names become "layout-rows": no filter has a hyphen in its name
DAY = "day"  # in the form, where "" is nothing chosen
Choices = list[tuple[str, str]]

AGGREGATES = {
    "sum": gettext_lazy("Sum"),
    "mean": gettext_lazy("Average"),
    "min": gettext_lazy("Least"),
    "max": gettext_lazy("Greatest"),
    "count": gettext_lazy("Count"),
}
PERIODS = {
    "month": gettext_lazy("Months"),
    "quarter": gettext_lazy("Quarters"),
    "year": gettext_lazy("Years"),
    DAY: gettext_lazy("Days"),
}
CHARTS = {
    "": gettext_lazy("No chart"),
    "bar": gettext_lazy("Bars"),
    "line": gettext_lazy("Line"),
    "pie": gettext_lazy("Pie"),
}


class LayoutForm(forms.Form):
    """How the rows lie in the workbook. What does not fit is taken as not chosen."""

    sheet_by = forms.ChoiceField(label=gettext_lazy("A sheet for each"), required=False)
    group_1 = forms.ChoiceField(label=gettext_lazy("Groups by"), required=False)
    group_2 = forms.ChoiceField(label=gettext_lazy("then by"), required=False)
    folded = forms.BooleanField(
        label=gettext_lazy("Folded when it is opened"), required=False
    )
    totals = forms.BooleanField(label=gettext_lazy("Totals row"), required=False)
    table = forms.BooleanField(label=gettext_lazy("Excel table"), required=False)
    rows_1 = forms.ChoiceField(label=gettext_lazy("A line for each"), required=False)
    rows_2 = forms.ChoiceField(label=gettext_lazy("and each"), required=False)
    columns = forms.ChoiceField(label=gettext_lazy("A column for each"), required=False)
    values = forms.ChoiceField(label=gettext_lazy("Numbers"), required=False)
    aggregate = forms.ChoiceField(label=gettext_lazy("Put together as"), required=False)
    by = forms.ChoiceField(label=gettext_lazy("Dates by"), required=False)
    chart = forms.ChoiceField(
        label=gettext_lazy("Chart"), required=False, widget=forms.RadioSelect
    )
    further = forms.MultipleChoiceField(
        label=gettext_lazy("More sheets"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        data: QueryDict,
        columns: Sequence[Column],
        others: Iterable[Resource] = (),
        format: str = "xlsx",  # noqa: A002 - the word people use
    ) -> None:
        """`columns`: those to choose among; `others`: resources that may be further sheets."""
        super().__init__(data, prefix=PREFIX)
        self.format = format
        self.choices = columns
        keys = [(one.name, str(one.label)) for one in columns if can_be_key(one)]
        numbers = [(one.name, str(one.label)) for one in columns if can_be_value(one)]
        self._offer("sheet_by", _("One sheet for all"), keys)
        self._offer("group_1", _("No groups"), keys)
        self._offer("group_2", _("Nothing further"), keys)
        self._offer("rows_1", _("No summary"), keys)
        self._offer("rows_2", _("Nothing further"), keys)
        self._offer("columns", _("One column"), keys)
        self._offer("values", _("Count rows"), numbers)
        self._choose("aggregate", AGGREGATES.items())
        self._choose("by", PERIODS.items())
        self._choose("chart", CHARTS.items())
        self._choose(
            "further", [(one.label, one.verbose_name_plural) for one in others]
        )
        self.full_clean()

    @property
    def is_possible(self) -> bool:
        """Whether files of this format have layouts at all."""
        return FORMATS[self.format].layouts

    @cached_property
    def layout(self) -> Layout:
        """What was chosen."""
        if not self.is_possible:
            return Layout()
        return Layout(
            sheet_by=self._text("sheet_by"),
            group_by=self._each("group_1", "group_2"),
            folded=bool(self.cleaned_data.get("folded") and self._text("group_1")),
            totals=bool(self.cleaned_data.get("totals")),
            table=bool(self.cleaned_data.get("table")) and self.format == "xlsx",
            summary=self._summary(),
        )

    @property
    def further_plans(self) -> tuple[ExportPlan, ...]:
        """The other resources that get a sheet each, with all that they hold."""
        chosen = self.cleaned_data.get("further", []) if self.is_possible else []
        return tuple(ExportPlan(resource=label, format=self.format) for label in chosen)

    @property
    def has_dates(self) -> bool:
        """Whether the summary is made by dates, so that their periods are to be chosen."""
        summary = self.layout.summary
        names = {*summary.rows, *summary.columns} if summary else set()
        return any(one.name in names and one.kind in DATES for one in self.choices)

    def _summary(self) -> Summary | None:
        rows = self._each("rows_1", "rows_2")
        if not self._text("rows_1"):
            return None
        values = self._text("values")
        return Summary(
            rows=rows,
            columns=self._each("columns"),
            values=values,
            aggregate=(self._text("aggregate") or "sum") if values else "count",
            chart=self._text("chart"),
            by=self._text("by").replace(DAY, "")
            if f"{PREFIX}-by" in self.data
            else "month",
        )

    def _text(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")

    def _each(self, *names: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, map(self._text, names))))

    def _offer(self, name: str, none: str, choices: Choices) -> None:
        self._choose(name, [("", none), *choices])

    def _choose(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)


def layout_data(plan: ExportPlan) -> Mapping[str, list[str]]:
    """Return what the form's fields hold for a plan: name -> texts. The way back."""
    layout, summary = plan.layout, plan.layout.summary
    groups = [*layout.group_by, "", ""]
    found = {
        "sheet_by": layout.sheet_by,
        "group_1": groups[0],
        "group_2": groups[1],
        "folded": "on" if layout.folded else "",
        "totals": "on" if layout.totals else "",
        "table": "on" if layout.table else "",
    }
    if summary is not None:
        rows = [*summary.rows, ""]
        found |= {
            "rows_1": rows[0],
            "rows_2": rows[1],
            "columns": next(iter(summary.columns), ""),
            "values": summary.values,
            "aggregate": summary.aggregate,
            "by": summary.by or DAY,
            "chart": summary.chart,
        }
    texts = {f"{PREFIX}-{name}": [text] for name, text in found.items() if text}
    further = [one.resource for one in plan.further]
    return texts | ({f"{PREFIX}-further": further} if further else {})
