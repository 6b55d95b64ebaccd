"""ImportPlan: what was decided is the same after it was kept."""

from __future__ import annotations

import json

from dataio.imports.plan import ImportPlan, Join, Split


def test_a_plan_keeps_the_order_of_the_file_where_keys_are_sorted():
    lines = ImportPlan(
        resource="shop.orderline", mapping={"Z": "z", "A": "a"}, link="o"
    )
    plan = ImportPlan(
        resource="shop.order",
        mapping={"Number": "number", "City": "city", "A": "remarks"},
        joins={
            "name": Join(headers=("Last", "First")),
            "address": Join(headers=("S",)),
        },
        splits={"Z": Split(columns=("z", "y")), "B": Split(columns=("b", "a"))},
        constants={"state": "new", "country": "VN"},
        parts=(lines,),
    )
    # PostgreSQL keeps the keys of JSON sorted.
    kept = json.loads(json.dumps(plan.as_data(), sort_keys=True))
    again = ImportPlan.from_data(kept)
    assert again == plan
    assert again.columns == plan.columns
    assert again.parts[0].columns == ["z", "a"]
