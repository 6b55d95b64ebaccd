"""What the app does when Django is ready."""

from __future__ import annotations

import os

import pyarrow as pa


def test_arrow_gives_memory_back_unless_told_otherwise():
    wanted = os.environ.get("ARROW_DEFAULT_MEMORY_POOL", "system")
    assert pa.default_memory_pool().backend_name == wanted
