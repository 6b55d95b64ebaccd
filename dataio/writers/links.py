"""Which texts become links."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.texts import Arrow

MOST_LINKS = 65_530
"""Links on one Excel sheet."""
LONGEST_LINK = 2_000  # bytes; Excel holds 2,079 characters
ADDRESS = r"^(?i:https?|ftps?)://[!-~¡-\x{10ffff}]+$"
"""Web addresses only: a link to a file or a program could harm who clicks it."""


class Links:
    """Hands out the links of one sheet, row by row, as long as there are any."""

    def __init__(self, most: int = MOST_LINKS) -> None:
        self.left = most
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
