"""Sieve: knows of nearly all hashes that are not in a set that they are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

SIEVE_BYTES = 2**23
"""Of a million hashes, one in 70 others passes in vain; of ten millions, one in 7."""
DROPPED_BITS = 64 - 26
"""What is left of a hash says which of the sieve's bits is its own."""


class Sieve:
    """A Bloom filter of one function (Bloom 1970), for hashes that are spread evenly."""

    def __init__(self) -> None:
        self._bits = np.zeros(SIEVE_BYTES, np.uint8)

    def put(self, hashes: Hashes) -> None:
        """Let these pass from now on."""
        place, bit = _place_of(hashes)
        np.bitwise_or.at(self._bits, place, bit)

    def passes(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Tell which hashes may have been put in; all others were not."""
        place, bit = _place_of(hashes)
        return (self._bits[place] & bit).astype(np.bool_)


def _place_of(hashes: Hashes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
    """Return the byte and the bit of each hash; hashes in order give bytes in order."""
    top = (hashes >> np.uint64(DROPPED_BITS)).astype(np.intp)
    return top >> 3, np.left_shift(1, top & 7).astype(np.uint8)
