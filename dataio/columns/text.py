"""Text: plain, e-mail address, web address, slug and IP address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pandas as pd
import pyarrow as pa
from django.core.exceptions import ValidationError
from django.core.validators import (
    URLValidator,
    validate_email,
    validate_ipv46_address,
    validate_slug,
)
from django.utils.translation import gettext as _

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.cells import Arrow, Mask, Places, as_mask, matches, pc
from dataio.columns.plain import keep_as_text, text_series
from dataio.columns.reading import Reading


class TextColumn(Column):
    """Text as typed: leading zeros, long digits, inner and outer spaces survive.

    A number, date or truth value becomes the text that means it (5.0 is "5").
    """

    kind = "text"
    arrow_type = pa.string()
    stripped: ClassVar[bool] = False
    """Whether whitespace around a text does not count."""

    def __init__(
        self, name: str, *, max_length: int | None = None, **options: Any
    ) -> None:
        """`max_length`: the most characters a text may have; None is no limit."""
        super().__init__(name, **options)
        self.max_length = max_length

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        for places, texts in keep_as_text(reading, stripped=self.stripped):
            self.keep_short(reading, places, texts)
        return reading.finish()

    def keep_short(self, reading: Reading, places: Places, texts: Arrow) -> None:
        """Keep the texts that are not too long."""
        if self.max_length is None:
            self.keep_matching(reading, places, texts)
            return
        short = as_mask(pc.less_equal(pc.utf8_length(texts), self.max_length))
        reading.refuse(places[~short], "too_long", self._too_long)
        self.keep_matching(reading, places[short], texts.filter(pa.array(short)))

    def keep_matching(self, reading: Reading, places: Places, texts: Arrow) -> None:
        """Keep the texts that are of this column's form; any text is."""
        reading.keep(places, texts)

    def present(self, values: pd.Series) -> pd.Series:
        return text_series(values)

    def allowed(self) -> str:
        if self.max_length is None:
            return _("Any text.")
        return _("Text of at most %(limit)s characters.") % {"limit": self.max_length}

    def example(self) -> object:
        return _("Text")[: self.max_length]

    def _too_long(self, seen: str) -> str:
        return _(
            '"%(value)s" is too long. At most %(limit)s characters are allowed.'
        ) % {
            "value": seen,
            "limit": self.max_length,
        }


class PatternColumn(TextColumn):
    """Text of one form, without whitespace around it."""

    stripped = True
    certain: ClassVar[str] = ""
    """A regular expression; what matches it is right without a closer look."""
    code: ClassVar[str] = "not_allowed"

    def check(self, text: str) -> None:
        """Raise ValidationError for a text that is not of this form."""
        raise ValidationError("")

    def sentence(self, seen: str) -> str:
        """Return what to say of a text that is not of this form."""
        raise NotImplementedError

    def keep_matching(self, reading: Reading, places: Places, texts: Arrow) -> None:
        good = matches(texts, self.certain)
        if not good.all():
            good |= among_checked(texts, ~good, self.check)
        reading.keep_good(places, texts, good, self.code, self.sentence)


class EmailColumn(PatternColumn):
    """An e-mail address."""

    kind = "email"
    code = "not_an_email"
    certain = (
        r"^[A-Za-z0-9_%+-]{1,40}(\.[A-Za-z0-9_%+-]{1,20})?"
        r"@([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,20}$"
    )

    def check(self, text: str) -> None:
        validate_email(text)

    def sentence(self, seen: str) -> str:
        return _(
            '"%(value)s" is not an e-mail address. Write it like name@example.com.'
        ) % {"value": seen}

    def allowed(self) -> str:
        return _("An e-mail address such as name@example.com.")

    def example(self) -> object:
        return "name@example.com"


class UrlColumn(PatternColumn):
    """A web address with its scheme."""

    kind = "url"
    code = "not_a_url"
    certain = (
        r"^https?://([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,20}"
        r"(/[A-Za-z0-9._~%/+-]{0,200})?$"
    )

    def check(self, text: str) -> None:
        URLValidator()(text)

    def sentence(self, seen: str) -> str:
        return _(
            '"%(value)s" is not a web address. Write it like https://example.com/page.'
        ) % {"value": seen}

    def allowed(self) -> str:
        return _("A web address such as https://example.com/page.")

    def example(self) -> object:
        return "https://example.com/page"


class SlugColumn(PatternColumn):
    """A short name made of letters, digits, hyphens and underscores."""

    kind = "slug"
    certain = r"^[-a-zA-Z0-9_]+$"

    def check(self, text: str) -> None:
        validate_slug(text)

    def sentence(self, seen: str) -> str:
        return _(
            '"%(value)s" is not allowed. Only letters without accents, digits, hyphens and '
            "underscores are."
        ) % {"value": seen}

    def allowed(self) -> str:
        return _("Letters without accents, digits, hyphens and underscores.")

    def example(self) -> object:
        return "short-name"


class IpAddressColumn(PatternColumn):
    """An IP address of version 4 or 6."""

    kind = "ip"
    certain = r"^(\d|[1-9]\d|1\d\d)(\.(\d|[1-9]\d|1\d\d)){3}$"

    def check(self, text: str) -> None:
        validate_ipv46_address(text)

    def sentence(self, seen: str) -> str:
        return _(
            '"%(value)s" is not an IP address. Write it like 192.0.2.1 or 2001:db8::1.'
        ) % {"value": seen}

    def allowed(self) -> str:
        return _("An IP address such as 192.0.2.1 or 2001:db8::1.")

    def example(self) -> object:
        return "192.0.2.1"


def among_checked(texts: Arrow, asked: Mask, check: Callable[[str], None]) -> Mask:
    """Return which of the texts asked about pass `check`, called once per distinct text."""
    distinct = pc.unique(texts.filter(pa.array(asked))).to_pylist()
    passed = [text for text in distinct if _passes(check, text)]
    return asked & as_mask(pc.is_in(texts, pa.array(passed, pa.string())))


def _passes(check: Callable[[str], None], text: str) -> bool:
    try:
        check(text)
    except ValidationError:
        return False
    return True
