"""Text that a machine reads: UUID and JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.cells import NUMBERS, Kind, is_whole, matches, pc
from dataio.columns.plain import keep_as_text, text_series
from dataio.columns.reading import Reading

UUID_TEXT = r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"
UUID_PARTS = r"^(.{8})(.{4})(.{4})(.{4})(.{12})$"

NOT_JSON = (Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION, Kind.OTHER)


def _no_constant(name: str) -> None:
    raise ValueError(name)


DECODER = json.JSONDecoder(parse_constant=_no_constant)
ENCODER = DjangoJSONEncoder(ensure_ascii=False)


class UuidColumn(Column):
    """A UUID; clean values are text such as "3f2b8c1e-4d5a-4b6c-8d7e-9f0a1b2c3d4e"."""

    kind = "uuid"
    arrow_type = pa.string()

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        for places, texts in keep_as_text(reading, stripped=True):
            lower = pc.utf8_lower(texts)
            bare = pc.replace_substring_regex(lower, r"^urn:uuid:|^\{|\}$", "")
            digits = pc.replace_substring(bare, "-", "")
            whole = pc.replace_substring_regex(digits, UUID_PARTS, r"\1-\2-\3-\4-\5")
            reading.keep_good(
                places, whole, matches(bare, UUID_TEXT), "not_a_uuid", _not_uuid
            )
        return reading.finish()

    def present(self, values: pd.Series) -> pd.Series:
        return text_series(values)

    def allowed(self) -> str:
        return _("A UUID such as %(example)s.") % {"example": self.example()}

    def example(self) -> object:
        return "3f2b8c1e-4d5a-4b6c-8d7e-9f0a1b2c3d4e"


class JsonColumn(Column):
    """JSON; clean values are JSON text in one way of writing, to be decoded when loaded."""

    kind = "json"
    arrow_type = pa.string()

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        texts, cells_at = reading.cells.stripped.dictionary_encode(), reading.cells.at
        written = pa.array(
            [rewritten(text) for text in texts.dictionary.to_pylist()], pa.string()
        )
        values = written.take(texts.indices)
        good = np.asarray(values.is_valid())
        reading.keep_good(cells_at(Kind.TEXT), values, good, "not_json", _not_json)
        simple = cells_at(Kind.BOOL, *NUMBERS)
        encoded = [encode(plain(cell)) for cell in reading.cells.take(simple)]
        reading.keep(simple, pa.array(encoded, pa.string()))
        reading.refuse(cells_at(*NOT_JSON), "not_json", _not_json)
        return reading.finish()

    def present(self, values: pd.Series) -> pd.Series:
        texts = [None if is_missing(value) else encode(value) for value in values]
        return pd.Series(
            texts, index=values.index, dtype=pd.ArrowDtype(self.arrow_type)
        )

    def allowed(self) -> str:
        return _('JSON such as {"size": 3}.')

    def example(self) -> object:
        return '{"size": 3}'


def rewritten(text: str) -> str | None:
    """Return JSON in the one way of writing, None when the text is not JSON that can be stored."""
    try:
        written = encode(DECODER.decode(text))
    except (ValueError, RecursionError):
        return None
    # A NUL cannot be stored in jsonb, and json.loads reads halves of characters.
    return written if r"\u0000" not in written and is_whole(written) else None


def plain(value: object) -> object:
    """Return numpy's scalars as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def encode(value: object) -> str:
    """Return a database value as JSON text."""
    return ENCODER.encode(value)


def is_missing(value: object) -> bool:
    """Return whether a database value is null; a list or dict never is."""
    return value is None or value is pd.NA or value != value


def _not_uuid(seen: str) -> str:
    return _(
        '"%(value)s" is not a UUID. Write it like 3f2b8c1e-4d5a-4b6c-8d7e-9f0a1b2c3d4e.'
    ) % {"value": seen}


def _not_json(seen: str) -> str:
    return _(
        '"%(value)s" is not JSON. Write it like {"size": 3}, and text in quotes.'
    ) % {"value": seen}
