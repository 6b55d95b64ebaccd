"""What is imported and exported of it."""

from __future__ import annotations

import dataio
from benchmarks.wide.models import WideProduct


@dataio.register
class WideProductResource(dataio.Resource):
    model = WideProduct
