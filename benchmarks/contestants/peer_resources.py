"""The tables as django-import-export's resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import CharWidget, ForeignKeyWidget, Widget
from import_export_extensions.resources import CeleryModelResource

from benchmarks.shapes import PRODUCT, header
from benchmarks.wide.columns import EXTRA
from benchmarks.wide.models import WideProduct
from project.shop.models import Category, Product


def resource_of(
    model: Any,
    options: dict[str, Any],
    widget: Callable[..., Any] | None,
    base: Any = ModelResource,
) -> Any:
    """Return a resource with the sku for its key and the category by its name."""
    names = [*PRODUCT, *(EXTRA if model is WideProduct else {})]
    own = {"model": model, "fields": names, "import_id_fields": ["sku"], **options}
    find = (widget or ForeignKeyWidget)(Category, field="name")
    category = Field(attribute="category", column_name="category", widget=find)
    parts = {"Meta": type("Meta", (), own), "category": category}
    resource = type(base)("PeerResource", (base,), parts)
    for name, field in resource.fields.items():
        field.column_name = header(name)
        if type(field.widget) in (Widget, CharWidget):
            # A blank cell is an empty text, as the tables want it.
            field.widget = CharWidget(coerce_to_string=True, allow_blank=True)
    return resource


def _extended(model: Any) -> Any:
    return resource_of(model, {}, None, CeleryModelResource)


ExtendedProduct = _extended(Product)
ExtendedWideProduct = _extended(WideProduct)
