"""What a related record is called in a cell: one field of it, or the texts of several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Case, Expression, F, Q, QuerySet, TextField, Value, When
from django.db.models import fields as kinds
from django.db.models.functions import Cast, Coalesce, Concat, Lower
from django.utils.translation import gettext as _

SEPARATOR = " / "
"""Between the values of several fields, such as "SO-00001 / 3"."""
KeyFields = str | tuple[str, ...]
"""One field of the related record; or several, which Django's paths may lead to."""

NATURAL = ("CharField", "TextField", "SlugField", "EmailField")
ALONE = re.compile(r"(?<!\S)/(?!\S)")
TEXTS = (kinds.CharField, kinds.TextField)
SPELLED = (*TEXTS, kinds.IntegerField, kinds.DateField)
"""Kinds of fields whose texts every database writes as a person does."""
LARGEST = 2**63


def natural_field(model: type[Any]) -> Any:
    """Return the field by which people know records: the only unique text field, else the pk."""
    texts = [
        field
        for field in model._meta.concrete_fields
        if field.unique
        and not field.primary_key
        and field.get_internal_type() in NATURAL
    ]
    return texts[0] if len(texts) == 1 else model._meta.pk


def key_fields(model: type[Any], names: str | Sequence[str]) -> KeyFields:
    """Return what `Resource.lookups` says as key fields.

    Raises ImproperlyConfigured for several of which one has no plain text.
    """
    found = (names,) if isinstance(names, str) else tuple(names)
    if len(found) == 1 and "__" not in found[0]:
        return found[0]
    for name, field in zip(found, _fields(model, found), strict=True):
        if type(field) is kinds.DateTimeField or not isinstance(field, SPELLED):
            raise ImproperlyConfigured(
                f'Lookups by several fields are texts, whole numbers or days; "{name}" '
                f"of {model._meta.label} is none of these."
            )
    return found


def key_paths(named: KeyFields, path: str = "") -> tuple[str, ...]:
    """Return the fields as Django reaches them. `path`: the relation that leads there."""
    names = (named,) if isinstance(named, str) else named
    return tuple(f"{path}__{name}" if path else name for name in names)


def key_value(named: KeyFields, path: str = "") -> str | Expression:
    """Return what to select: a field, or the text of several, null where no record is."""
    paths = key_paths(named, path)
    if isinstance(named, str):
        return paths[0]
    kind = TextField()
    texts = [Coalesce(Cast(F(one), kind), Value("", kind)) for one in paths]
    parts: list[Any] = [texts[0]]
    for text in texts[1:]:
        parts += [Value(SEPARATOR, kind), text]
    whole = Concat(*parts, output_field=kind) if texts[1:] else texts[0]
    if not path:
        return whole
    return Case(When(Q(**{f"{path}__isnull": False}), then=whole))


def key_steps(model: type[Any], named: KeyFields) -> Iterator[tuple[type[Any], str]]:
    """Yield model and name of each field that is shown, or that leads to one."""
    for path in key_paths(named):
        for owner, field in _way(model, path):
            yield owner, field.name


def key_words(model: type[Any], named: KeyFields) -> str:
    """Return what people call the fields: "number and position"."""
    words = [str(field.verbose_name) for field in _fields(model, key_paths(named))]
    *first, last = words
    if not first:
        return last
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}


def key_text(text: str) -> str:
    """Return a text as the database joins it, however the person spaced its parts."""
    return SEPARATOR.join(_pieces(text))


def called(
    records: QuerySet[Any],
    named: KeyFields,
    values: Sequence[Any],
    *,
    folded: bool = False,
) -> QuerySet[Any]:
    """Return the records that have one of these values, as `dataio_key` of each.

    `folded`: the values are in lower case, and upper case of records does not count.
    """
    value = key_value(named)
    whole = F(value) if isinstance(value, str) else value
    found = records.annotate(dataio_key=Lower(whole) if folded else whole)
    found = found.filter(dataio_key__in=values)
    return found if isinstance(named, str) else _near(found, named, values, folded)


def _near(
    records: QuerySet[Any],
    named: tuple[str, ...],
    texts: Sequence[str],
    folded: bool,  # noqa: FBT001 - passed on
) -> QuerySet[Any]:
    """Return only records whose first field fits, so that its index is of use."""
    more = len(named) - 1
    firsts = {first for text in texts for first in _firsts(text, more)}
    if len(firsts) > len(texts):  # a statement takes only so many parameters
        return records
    path, (field, *_others) = named[0], _fields(records.model, named)
    blank = Q(**{f"{path}__isnull": True}) if "" in firsts else Q()
    if folded and isinstance(field, TEXTS):
        records, path = records.alias(dataio_first=Lower(path)), "dataio_first"
    possible = [one for text in firsts if (one := as_stored(field, text)) is not None]
    return records.filter(Q(**{f"{path}__in": possible}) | blank)


def as_stored(field: Any, value: Any) -> Any:
    """Return a value as the field's own type; None when it can never be one."""
    try:
        found = field.to_python(value)
    except ValidationError:
        return None
    return None if isinstance(found, int) and abs(found) >= LARGEST else found


def _firsts(text: str, more: int) -> Iterator[str]:
    """Yield what the first field may be, before so many more; it may hold separators too."""
    pieces = _pieces(text)
    for size in range(1, len(pieces) - more + 1):
        yield SEPARATOR.join(pieces[:size])


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in ALONE.split(text)]


def _fields(model: type[Any], paths: Sequence[str]) -> list[Any]:
    """Return the field at the end of each path."""
    return [list(_way(model, path))[-1][1] for path in paths]


def _way(model: Any, path: str) -> Iterator[tuple[type[Any], Any]]:
    for name in path.split("__"):
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        yield model, field
        model = field.related_model
