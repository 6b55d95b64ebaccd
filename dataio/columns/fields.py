"""From a model's field to a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.core import validators
from django.db import connections, models, router
from django.db.models.fields import NOT_PROVIDED

from dataio.columns.base import Column
from dataio.columns.boolean import BooleanColumn
from dataio.columns.choice import ChoiceColumn
from dataio.columns.date import DateColumn, DateTimeColumn
from dataio.columns.exact import DecimalColumn
from dataio.columns.many import ManyToManyColumn
from dataio.columns.number import FloatColumn, IntegerColumn
from dataio.columns.related_key import key_fields, natural_field
from dataio.columns.relation import ForeignKeyColumn, KeyColumn
from dataio.columns.structured import JsonColumn, UuidColumn
from dataio.columns.text import (
    EmailColumn,
    IpAddressColumn,
    SlugColumn,
    TextColumn,
    UrlColumn,
)
from dataio.columns.time import DurationColumn, TimeColumn

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:
    Field = models.Field
Options = dict[str, Any]

CHECKED = (
    validators.MaxLengthValidator,
    validators.DecimalValidator,
    validators.ProhibitNullCharactersValidator,
)
"""Validators whose work columns do themselves, on the whole Series."""
# EmailField and URLField call themselves CharField: their class tells them apart.
FORMS: tuple[tuple[type[Field], type[TextColumn], tuple[type[Any], ...]], ...] = (
    (models.EmailField, EmailColumn, (validators.EmailValidator,)),
    (models.URLField, UrlColumn, (validators.URLValidator,)),
)
SIMPLE: dict[str, type[Column]] = {
    "UUIDField": UuidColumn,
    "JSONField": JsonColumn,
    "DateField": DateColumn,
    "DateTimeField": DateTimeColumn,
    "TimeField": TimeColumn,
    "DurationField": DurationColumn,
}


def from_field(field: Any, *, lookup: str | Sequence[str] = "") -> Column | None:
    """Return the column that reads and writes a model's field; None for what has none (files).

    `lookup`: for relations, the field or fields of the related model that cells hold; by default
    its only unique text field, else its primary key. Custom fields count as what
    `get_internal_type()` calls them.
    """
    if isinstance(field, models.FileField) or not isinstance(field, models.Field):
        return None
    options = common_options(field)
    if field.remote_field is not None:
        return _relation(field, options, lookup)
    if field.choices:
        return _choice(field, options)
    kind = field.get_internal_type()
    if kind in SIMPLE:
        return SIMPLE[kind](field.name, **options)
    build = BUILDERS.get(kind)
    return build(field, options) if build else None


def common_options(field: Field) -> Options:
    """Return what every column takes from its field."""
    blank_value, has_default = _blank_value(field)
    return {
        "label": _label(str(field.verbose_name)),
        "required": not (field.null or field.blank or has_default),
        "blank_value": blank_value,
        "help_text": str(field.help_text),
        "validators": [one for one in field.validators if not isinstance(one, CHECKED)],
        "read_only": _read_only(field),
    }


def _blank_value(field: Field) -> tuple[object, bool]:
    """Return what a blank cell means, and whether that is the field's default."""
    if field.default is not NOT_PROVIDED:
        return field.default, True
    given = getattr(field, "db_default", NOT_PROVIDED)
    if given is not NOT_PROVIDED and not hasattr(given, "resolve_expression"):
        return given, True
    text = field.empty_strings_allowed and field.remote_field is None
    return ("" if field.blank and not field.null and text else None), False


def _read_only(field: Field) -> bool:
    automatic = getattr(field, "auto_now", False) or getattr(
        field, "auto_now_add", False
    )
    made = isinstance(
        field, models.AutoField | models.BigAutoField | models.SmallAutoField
    )
    return bool(
        automatic or made or getattr(field, "generated", False) or not field.editable
    )


def _label(verbose_name: str) -> str:
    return verbose_name[:1].upper() + verbose_name[1:]


def _text(field: Field, options: Options) -> Column:
    limit = field.max_length
    for kind, column, checked in FORMS:
        if isinstance(field, kind):
            _leave_out(options, checked)
            return column(field.name, max_length=limit, **options)
    return TextColumn(field.name, max_length=limit, **options)


def _slug(field: Field, options: Options) -> Column:
    if getattr(field, "allow_unicode", False):
        return KeyColumn(field.name, max_length=field.max_length, **options)
    _leave_out(options, (validators.RegexValidator,))
    return SlugColumn(field.name, max_length=field.max_length, **options)


def _ip(field: Field, options: Options) -> Column:
    return IpAddressColumn(field.name, max_length=field.max_length, **options)


def _integer(field: Field, options: Options) -> Column:
    connection = connections[router.db_for_write(field.model)]
    least, most = connection.ops.integer_field_range(field.get_internal_type())
    return IntegerColumn(field.name, **_range(options, least, most))


def _auto(field: Field, options: Options) -> Column:
    return IntegerColumn(field.name, **_range(options, None, None))


def _decimal(field: Any, options: Options) -> Column:
    size = {"max_digits": field.max_digits, "decimal_places": field.decimal_places}
    return DecimalColumn(field.name, **size, **_range(options, None, None))


def _float(field: Field, options: Options) -> Column:
    return FloatColumn(field.name, **_range(options, None, None))


def _boolean(field: Field, options: Options) -> Column:
    return BooleanColumn(field.name, **options)


def _choice(field: Field, options: Options) -> Column:
    if field.get_internal_type() == "BooleanField":
        words = {value: [str(label)] for value, label in field.flatchoices}
        return BooleanColumn(
            field.name,
            true_words=words.get(True, ()),
            false_words=words.get(False, ()),
            **options,
        )
    # Django's own choices decide what is allowed, not the range or the form of the text.
    options["validators"] = ()
    return ChoiceColumn(field.name, choices=field.flatchoices, **options)


def _relation(
    field: Any, options: Options, lookup: str | Sequence[str]
) -> Column | None:
    target = field.related_model
    named = key_fields(target, lookup or natural_field(target).name)
    named = target._meta.pk.name if named == "pk" else named
    single = isinstance(named, str)
    key = from_field(target._meta.get_field(named)) if single else None
    pk = from_field(target._meta.pk)
    arrow_type = pk.arrow_type if pk else pa.int64()
    found = {
        "model": target,
        "field_name": named,
        "pk_type": arrow_type,
        "key": _key(key),
    }
    if field.many_to_many:
        # Rows of a through model of one's own may need more than the two ends.
        through = field.remote_field.through
        options["read_only"] = options["read_only"] or not through._meta.auto_created
        options["required"] = not field.blank
        return ManyToManyColumn(field.name, **found, **options)
    return ForeignKeyColumn(field.name, **found, **options)


def _key(column: Column | None) -> Column | None:
    """Return the column that reads keys; None, for text, where spaces do not count."""
    return None if type(column) is TextColumn else column


def _range(options: Options, least: Any, most: Any) -> Options:
    """Return options with a range, narrowed by validators that are only limits."""
    kept = []
    for one in options["validators"]:
        limit = getattr(one, "limit_value", None)
        if type(one) is validators.MinValueValidator and not callable(limit):
            least = limit if least is None else max(least, limit)
        elif type(one) is validators.MaxValueValidator and not callable(limit):
            most = limit if most is None else min(most, limit)
        else:
            kept.append(one)
    return {**options, "validators": kept, "minimum": least, "maximum": most}


def _leave_out(options: Options, kinds: tuple[type[Any], ...]) -> None:
    options["validators"] = [
        one for one in options["validators"] if not isinstance(one, kinds)
    ]


INTEGERS = ("IntegerField", "SmallIntegerField", "BigIntegerField")
POSITIVE = tuple(f"Positive{name}" for name in INTEGERS)
AUTO = ("AutoField", "SmallAutoField", "BigAutoField")
BUILDERS: dict[str, Callable[[Any, Options], Column]] = {
    "CharField": _text,
    "TextField": _text,
    "SlugField": _slug,
    "GenericIPAddressField": _ip,
    "IPAddressField": _ip,
    **dict.fromkeys((*INTEGERS, *POSITIVE), _integer),
    **dict.fromkeys(AUTO, _auto),
    "DecimalField": _decimal,
    "FloatField": _float,
    "BooleanField": _boolean,
}
