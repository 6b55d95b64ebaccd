"""Which texts become links, and the links of an Excel sheet as XML.

XlsxWriter would hold them all in memory, so the skeleton has one, which is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.letters import letters
from dataio.writers.markup import content, escaped, joined
from dataio.writers.sheet import Page
from dataio.writers.texts import Arrow

MOST_LINKS = 65_530
"""Links on one Excel sheet."""
LONGEST_LINK = 2_000  # bytes; Excel holds 2,079 characters
ADDRESS = (
    r"^(?i:https?|ftps?)://"
    r"(?:[!#$&'()*+,\-./0-9:;=?@A-Z_a-z~\x{a1}-\x{10ffff}]|%[0-9A-Fa-f]{2})+$"
)
"""Web addresses only: a link to a file or a program could harm who clicks it."""
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Links:
    """Hands out the links of one sheet, row by row, as long as there are any."""

    def __init__(self, most: int | None = None) -> None:
        self.left = MOST_LINKS if most is None else most
        self.refused = 0
        """Addresses that stayed plain text because there were too many."""

    def take(self, texts: Arrow) -> Arrow:
        """Return which of the texts become links."""
        found: Arrow = pc.match_substring_regex(texts, ADDRESS)
        short: Arrow = pc.less_equal(pc.binary_length(texts), pa.scalar(LONGEST_LINK))
        both: Arrow = pc.and_(found, short)
        mask: Arrow = both.fill_null(False)  # noqa: FBT003
        wanted = mask.to_numpy(zero_copy_only=False)
        count = int(wanted.sum())
        if count <= self.left:
            self.left -= count
            return mask
        kept = wanted & (np.cumsum(wanted) <= self.left)
        self.refused += count - self.left
        self.left = 0
        return pa.array(kept)


def has_links(page: Page) -> bool:
    """Return whether there is anything to link on a page."""
    return next(_links(page), None) is not None


def hyperlinks(page: Page) -> Iterator[bytes | memoryview]:
    """Yield the element of a sheet with its links."""
    yield b"<hyperlinks>"
    for cells, numbers, urls in _links(page):
        place = pc.replace_substring_regex(urls, "^[^#]*#?", "")
        yield content(
            joined(
                '<hyperlink ref="',
                cells,
                '" r:id="link',
                numbers,
                pc.if_else(
                    pc.equal(place, pa.scalar("")),
                    '"/>',
                    joined('" location="', escaped(place), '"/>'),
                ),
            )
        )
    yield b"</hyperlinks>"


def relations(page: Page) -> Iterator[bytes | memoryview]:
    """Yield the elements that say where the links go."""
    start = f'<Relationship Type="{RELATION}/hyperlink" TargetMode="External" Id="link'
    for _cells, numbers, urls in _links(page):
        target = escaped(pc.replace_substring_regex(urls, "#.*$", ""))
        yield content(joined(start, numbers, '" Target="', target, '"/>'))


def _links(page: Page) -> Iterator[tuple[Arrow, Arrow, Arrow]]:
    """Yield the cells, the numbers (from 1) and the addresses of links."""
    links, row, number = Links(), 2, 1
    for batch in page.batches() if page.sheet.links else ():
        for place in page.sheet.links:
            found = links.take(batch.column(place)).to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(found)
            if not len(rows):
                continue
            cells = joined(letters(place), pa.array(rows + row).cast(pa.string()))
            numbers = pa.array(np.arange(number, number + len(rows)))
            yield cells, numbers.cast(pa.string()), batch.column(place).take(rows)
            number += len(rows)
        row += batch.num_rows
        if not links.left:
            return
