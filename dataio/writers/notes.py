"""Sentences about values that a file could not hold as they were."""

from __future__ import annotations

from django.utils.translation import ngettext

from dataio.writers.cells import LONGEST_TEXT


def further_note(first: str, last: str, count: int) -> str:
    """Say that a table goes on in further sheets."""
    sentence = ngettext(
        '"%(sheet)s" has more rows than a sheet holds: %(count)s more sheet, '
        '"%(last)s", has the rest.',
        '"%(sheet)s" has more rows than a sheet holds: %(count)s more sheets, '
        'up to "%(last)s", have the rest.',
        count,
    )
    return sentence % {"sheet": first, "count": count, "last": last}


def cut_note(header: str, count: int) -> str:
    """Say that texts were too long."""
    sentence = ngettext(
        '%(count)s text in "%(column)s" is longer than a cell holds '
        "(%(limit)s characters) and was cut.",
        '%(count)s texts in "%(column)s" are longer than a cell holds '
        "(%(limit)s characters) and were cut.",
        count,
    )
    return sentence % {"count": count, "column": header, "limit": LONGEST_TEXT}


def replaced_note(header: str, count: int) -> str:
    """Say that texts had characters which the format does not hold."""
    sentence = ngettext(
        '%(count)s text in "%(column)s" has control characters that this kind of '
        'file cannot hold; they are written as "\ufffd".',
        '%(count)s texts in "%(column)s" have control characters that this kind of '
        'file cannot hold; they are written as "\ufffd".',
        count,
    )
    return sentence % {"count": count, "column": header}


def left_out_note(header: str, count: int) -> str:
    """Say that numbers are texts, and so are not in a total."""
    sentence = ngettext(
        '%(count)s number in "%(column)s" has more digits than a cell holds: '
        "it is written as text and is not in the total.",
        '%(count)s numbers in "%(column)s" have more digits than a cell holds: '
        "they are written as text and are not in the total.",
        count,
    )
    return sentence % {"count": count, "column": header}
