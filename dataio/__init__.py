"""dataio: spreadsheets in and out of a Django application's database, with the person watching."""

from __future__ import annotations

from dataio.reports import Parameters, Report, Sheet, register
from dataio.resources import Resource

__version__ = "0.1.0"
__all__ = ["Parameters", "Report", "Resource", "Sheet", "register"]
