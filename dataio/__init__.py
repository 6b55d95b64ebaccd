"""dataio: spreadsheets in and out of a Django application's database, with the person watching."""

from __future__ import annotations

__version__ = "0.1.0"
