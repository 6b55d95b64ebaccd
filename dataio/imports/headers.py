"""Header texts in comparable forms: what counts as the same name in another spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

from dataio.columns import Column

Spelling = Callable[[str], str]


def plain(text: str) -> str:
    """Return a text in lower case, letters and digits only, accents kept.

    >>> plain("Straße Nr.")
    'strassenr'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def unaccented(text: str) -> str:
    """Return a text as `plain` does, with accents taken off.

    >>> unaccented("Prénom")
    'prenom'
    """
    parts = unicodedata.normalize("NFKD", plain(text))
    return "".join(part for part in parts if not unicodedata.combining(part))


def names_of(column: Column) -> list[str]:
    """Return every text that means this column: its name, label and other headers."""
    return list(dict.fromkeys([column.name, str(column.label), *column.aliases]))


def spelled(columns: Mapping[str, Column], spelling: Spelling) -> dict[str, str]:
    """Return column names by the spelled texts that mean exactly one column.

    A text that two columns share after spelling means neither.
    """
    return owned({name: names_of(one) for name, one in columns.items()}, spelling)


def owned(
    names: Mapping[str, list[str]], spelling: Spelling = unaccented
) -> dict[str, str]:
    """Return column names by the spelled texts of exactly one of them."""
    owners: dict[str, set[str]] = {}
    for name, texts in names.items():
        for text in texts:
            owners.setdefault(spelling(text), set()).add(name)
    return {
        text: next(iter(names))
        for text, names in owners.items()
        if text and len(names) == 1
    }
