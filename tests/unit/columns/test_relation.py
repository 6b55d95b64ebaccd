"""Related records, and columns from the demo models' fields."""

from __future__ import annotations

import pandas as pd
import pytest
from django.core.exceptions import ImproperlyConfigured

from dataio.columns import ForeignKeyColumn, ManyToManyColumn, from_field
from dataio.columns.related_key import key_fields
from project.shop.models import Category, Order, OrderLine, Product, Supplier


class Register:
    """Records in a dictionary; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = []
        self.records = {"Tools": [1], "Books": [2], "Twins": [3, 4], "Smith, Sons": [5]}

    def find(self, model, field_name, values):
        self.asked.append((model, field_name, list(values)))
        return {value: self.records.get(value, []) for value in values}

    def suggest(self, model, field_name, value):
        return "Tools" if value == "Tolls" else None


LINE_FIELDS = ("order__number", "position")
CATEGORY = ForeignKeyColumn("category", model=Category, field_name="name")
SUPPLIERS = ManyToManyColumn("suppliers", model=Supplier, field_name="name")


def test_it_finds_each_distinct_value_in_one_go(read):
    register = Register()
    parsed = read(
        CATEGORY, ["Tools", " Tools ", "Books", None, "Tools"], lookups=register
    )
    assert parsed.values.dropna().to_dict() == {2: 1, 3: 1, 4: 2, 6: 1}
    assert register.asked == [(Category, "name", ["Tools", "Books"])]


@pytest.mark.parametrize(
    ("cell", "code", "sentence"),
    [
        ("Tolls", "not_found", 'There is no category "Tolls". Did you mean "Tools"?'),
        (7, "not_found", 'There is no category "7".'),
        ("Twins", "ambiguous", '"Twins" is the name of more than one category.'),
    ],
)
def test_it_says_what_was_not_found(problem, cell, code, sentence):
    assert problem(CATEGORY, cell, lookups=Register()) == (code, sentence)


def test_a_record_is_found_by_several_fields(read, problem):
    line = ForeignKeyColumn("line", model=OrderLine, field_name=LINE_FIELDS)
    register = Register()
    register.records = {"SO-1 / 3": [9], "SO-1 / 4": [7, 8]}
    parsed = read(line, ["SO-1 / 3", None, " SO-1 / 3 "], lookups=register)
    assert parsed.values.dropna().to_dict() == {2: 9, 4: 9}
    assert register.asked == [(OrderLine, LINE_FIELDS, ["SO-1 / 3"])]
    assert problem(line, "SO-1 / 4", lookups=register) == (
        "ambiguous",
        '"SO-1 / 4" is the number and position of more than one order line.',
    )
    assert line.allowed() == (
        "A order line that is there already, by its number and position "
        'with " / " between them.'
    )


@pytest.mark.parametrize("name", ["product", "unit_price"])
def test_fields_without_a_plain_text_are_refused(name):
    with pytest.raises(ImproperlyConfigured, match=f'"{name}" of shop.OrderLine'):
        key_fields(OrderLine, ("order__number", name))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("name", "name"),
        (["name"], "name"),
        ("order__number", ("order__number",)),
        (["order__number", "position"], LINE_FIELDS),
    ],
)
def test_lookups_are_one_field_or_several(names, expected):
    model = OrderLine if "__" in str(names) else Category
    assert key_fields(model, names) == expected


def test_it_needs_lookups(read):
    with pytest.raises(TypeError, match=r"needs ParseContext\.lookups"):
        read(CATEGORY, ["Tools"])


def test_it_reads_several_names_in_a_cell(read):
    cells = ["Books, Tools,Books", '"Smith, Sons", Tools', None, "Tools, Nix, Twins"]
    parsed = read(SUPPLIERS, cells, lookups=Register())
    assert [list(pks) for pks in parsed.values.dropna()] == [[2, 1], [5, 1]]
    assert parsed.problems[["row", "message"]].values.tolist() == [
        [5, 'There is no supplier "Nix".']
    ]


def test_several_names_come_back_as_they_were_written(read):
    names = pd.Series([["Tools", "Smith, Sons"], [], None], dtype=object)
    shown = SUPPLIERS.present(names)
    assert shown.fillna("-").tolist() == ['Tools, "Smith, Sons"', "", "-"]
    parsed = read(SUPPLIERS, shown.tolist()[:1], lookups=Register())
    assert list(parsed.values.iloc[0]) == [1, 5]


def test_columns_follow_the_fields_of_a_model():
    columns = {
        field.name: from_field(field)
        for field in Product._meta.get_fields()
        if field.concrete
    }
    assert {
        name: (c.kind, c.label, c.required, c.read_only) for name, c in columns.items()
    } == {
        "id": ("integer", "ID", False, True),
        "sku": ("text", "SKU", True, False),
        "name": ("text", "Name", True, False),
        "category": ("relation", "Category", True, False),
        "price": ("decimal", "Price", True, False),
        "quantity": ("integer", "Quantity", False, False),
        "weight": ("float", "Weight (kg)", False, False),
        "active": ("boolean", "Active", False, False),
        "created": ("date", "Created", False, False),
        "supplier_email": ("email", "Supplier e-mail", False, False),
        "notes": ("text", "Notes", False, False),
        "suppliers": ("relations", "Suppliers", False, False),
        "updated_at": ("datetime", "Updated at", False, True),
    }
    assert columns["quantity"].blank_value == 0
    assert columns["notes"].blank_value == ""
    assert callable(columns["created"].blank_value)
    assert (columns["price"].minimum, columns["price"].validators) == (0, ())


def test_a_record_is_known_by_its_only_unique_text():
    assert from_field(OrderLine._meta.get_field("order")).field_name == "number"
    assert (
        from_field(Order._meta.get_field("customer"), lookup="id").key.kind == "integer"
    )
