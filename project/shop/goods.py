"""Words that demo products are made of; the same seed always gives the same products."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

NOUNS = {
    "Tools": ["hammer", "wrench", "spirit level", "drill", "saw", "pliers"],
    "Toys": ["kite", "puzzle", "wooden train", "yo-yo", "doll's house", "dice set"],
    "Food": ["green tea", "rice noodles", "olive oil", "dark chocolate", "fish sauce"],
    "Books": ["cookbook", "atlas", "dictionary", "novel", "travel guide"],
    "Garden": ["watering can", "rake", "flower pot", "hose", "bird table"],
    "Auto": ["wiper blade", "floor mat", "jump cable", "tyre gauge", "phone holder"],
    "Music": ["ukulele", "drum sticks", "music stand", "metronome", "bamboo flute"],
    "Health": ["thermometer", "plaster box", "massage ball", "reading lamp", "scale"],
}
STYLES = ["blue", "small", "large", "folding", "classic", "light", "sturdy", "travel"]
MAKERS = ["Bến Thành", "Nordlys", "Côte d'Azur", "Müller & Söhne", "Hội An", "Alder"]
# Some look like formulas or numbers, and must come through as the text they are.
NOTES = [
    "",
    "",
    "",
    "Fragile",
    "=best seller",
    "+84 28 3822 1234",
    "- see shelf 4",
    "@front desk",
    "00042",
    "Giao hàng trong 3 ngày",
]
FIRST_DAY = datetime.date(2019, 1, 1)
DAYS = 2_500


def products(prefix: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` products by field name, without their category's row.

    The SKU is the prefix and a number from 1 up; the category is a name.
    """
    chance = random.Random(seed)  # noqa: S311 - goods, not secrets
    categories = list(NOUNS)
    for number in range(1, count + 1):
        category = chance.choice(categories)
        maker = chance.choice(MAKERS)
        noun = chance.choice(NOUNS[category])
        yield {
            "sku": f"{prefix}-{number:06d}",
            "name": f"{maker} {chance.choice(STYLES)} {noun}",
            "category": category,
            "price": Decimal(chance.randrange(99, 50_000)) / 100,
            "quantity": chance.randrange(0, 1_000),
            "weight": chance.randrange(20, 25_000) / 1_000,
            "active": chance.random() < 0.9,
            "created": FIRST_DAY + datetime.timedelta(days=chance.randrange(DAYS)),
            "supplier_email": f"sales{chance.randrange(1, 40)}@example.com",
            "notes": chance.choice(NOTES),
        }
