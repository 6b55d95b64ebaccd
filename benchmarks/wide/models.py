"""A product with fifty columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models

from benchmarks.wide.columns import EXTRA
from project.shop.models import Category


class WideProduct(models.Model):
    sku = models.CharField("SKU", max_length=40, unique=True)
    name = models.CharField("name", max_length=200)
    category = models.ForeignKey(Category, models.PROTECT)
    price = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    quantity = models.IntegerField(default=0)
    weight = models.FloatField("weight (kg)", default=0.0)
    active = models.BooleanField(default=True)
    created = models.DateField()
    supplier_email = models.EmailField("supplier e-mail", blank=True)
    notes = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.sku


def _field(kind: str) -> models.Field[Any, Any]:
    fields: dict[str, models.Field[Any, Any]] = {
        "text": models.CharField(max_length=80, blank=True),
        "integer": models.IntegerField(default=0),
        "decimal": models.DecimalField(max_digits=12, decimal_places=2, default=0),
        "float": models.FloatField(default=0.0),
        "date": models.DateField(null=True, blank=True),
    }
    return fields[kind]


for _name, _kind in EXTRA.items():
    _field(_kind).contribute_to_class(WideProduct, _name)
