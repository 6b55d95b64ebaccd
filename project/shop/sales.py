"""A report that code makes: what was sold, by month and category."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import pandas as pd
from django import forms
from django.db.models import DateField, F, QuerySet, Sum
from django.db.models.functions import Trunc
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import dataio
from project.shop.models import Order, OrderLine

CHUNK = 10_000
MOST_MONTHS = 36
BEST = 10
AMOUNT = Sum(F("quantity") * F("unit_price"))
LINE: dict[str, Any] = {
    "day": F("order__placed_at"),
    "number": F("order__number"),
    "customer": F("order__customer__name"),
    "product": F("product__name"),
    "category": F("product__category__name"),
    "quantity": F("quantity"),
    "amount": F("quantity") * F("unit_price"),
}


class SalesForm(forms.Form):
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=1,
        max_value=MOST_MONTHS,
        initial=12,
        help_text=gettext_lazy("Whole months up to today, this one among them."),
    )
    with_cancelled = forms.BooleanField(
        label=gettext_lazy("With cancelled orders"), required=False
    )


class SalesReport(dataio.Report):
    """Three sheets: a chart by month and category, the best products, every line."""

    label = "shop.sales"
    name = gettext_lazy("Sales by month")
    form = SalesForm
    reads = ("shop.order", "shop.orderline", "shop.product")

    def sheets(self, parameters: dataio.Parameters) -> Iterator[dataio.Sheet]:
        lines = OrderLine.objects.filter(
            order__placed_at__gte=_first_day(parameters["months"])
        )
        if not parameters["with_cancelled"]:
            lines = lines.exclude(order__status=Order.Status.CANCELLED)
        yield dataio.Sheet(
            name=_("Sales by month"), frames=_by_month(lines), totals=True, chart="bar"
        )
        yield dataio.Sheet(name=_("Best products"), frames=_best(lines))
        headers = {
            "day": _("Day"),
            "number": _("Order"),
            "customer": _("Customer"),
            "product": _("Product"),
            "category": _("Category"),
            "quantity": _("Quantity"),
            "amount": _("Amount"),
        }
        yield dataio.Sheet(
            name=_("Lines"), frames=_lines(lines), headers=headers, totals=True
        )


def _first_day(months: int) -> dt.datetime:
    today = timezone.localdate()
    month = today.year * 12 + today.month - months
    day = dt.datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - made aware below
    return timezone.make_aware(day)


def _by_month(lines: QuerySet[Any]) -> pd.DataFrame:
    month = Trunc("order__placed_at", "month", output_field=DateField())
    found = (
        lines.order_by()
        .values(month=month, category=F("product__category__name"))
        .annotate(amount=AMOUNT)
        .values_list("month", "category", "amount")
    )
    frame = pd.DataFrame(
        list(found), columns=["month", "category", "amount"], dtype=object
    )
    frame["amount"] = frame["amount"].map(_cents)
    table = frame.pivot_table(
        index="month", columns="category", values="amount", aggfunc="sum"
    )
    labels = [date_format(day, "M Y") for day in table.index]
    return table.set_axis(pd.Index(labels, name=_("Month")), axis=0)


def _best(lines: QuerySet[Any]) -> pd.DataFrame:
    found = (
        lines.order_by()
        .values("product__sku", "product__name")
        .annotate(sold=Sum("quantity"), amount=AMOUNT)
        .order_by("-amount", "product__sku")
        .values_list("product__sku", "product__name", "sold", "amount")[:BEST]
    )
    names = [_("SKU"), _("Product"), _("Sold"), _("Amount")]
    frame = pd.DataFrame(list(found), columns=names)
    return frame.assign(**{_("Amount"): frame[_("Amount")].map(_cents)})


def _lines(lines: QuerySet[Any]) -> Iterator[pd.DataFrame]:
    """Yield frames of at most CHUNK rows, so that memory does not grow with the years."""
    rows = lines.order_by("order__placed_at", "order__number", "position")
    found = iter(rows.values_list(*LINE.values()).iterator(chunk_size=CHUNK))
    while chunk := list(islice(found, CHUNK)):
        frame = pd.DataFrame(chunk, columns=list(LINE))
        day = frame["day"].map(lambda moment: timezone.localtime(moment).date())
        yield frame.assign(day=day, amount=frame["amount"].map(_cents))


def _cents(number: Decimal) -> Decimal:
    # SQLite computes with binary numbers; money has two places.
    return number.quantize(Decimal("0.01"))
