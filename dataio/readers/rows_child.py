"""Reads rows of a workbook; run as a program whose memory and processor time are limited.

Some formats cannot be streamed, and a small hostile file may make a parser ask for any
amount of memory and abort its process. So that process is neither the worker nor the web
server. It imports little, and has begun to read in a tenth of a second.

The one argument is `Request` as JSON. Pickles go to stdout: first a dict with "sheets" and
"uses_1904", then for each sheet that is wanted its name and lists of rows from row 1, then
None: whoever does not see the None knows that something is missing. In their place there
may be a dict with "error", see `rows.Trouble`, which is the last.
"""

from __future__ import annotations

import json
import pickle
import resource
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

BATCH_CELLS = 10_000


def main(request: dict[str, Any]) -> None:
    """Write what is asked for.

    `path`, `streamed`; `sheet`: null is all of them, "" none; `most_rows` of each;
    `most_columns`; `longest`: characters at which texts are cut, null: nowhere; `uncut`: a sheet
    of which none are;
    `memory` and `most_bytes` (of all messages) in bytes, 0: no limit; `seconds` of the processor.
    """
    # Read here, so that nothing of the caller's is needed or changed.
    _limit(resource.RLIMIT_AS, request["memory"] or resource.RLIM_INFINITY)
    _limit(resource.RLIMIT_CPU, request["seconds"])
    _limit(resource.RLIMIT_CORE, 0)
    rows = _rows_module()
    try:
        sent = 0
        for message in _messages(rows, request):
            written = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
            sent += len(written)
            if 0 < request["most_bytes"] < sent:
                raise rows.Trouble("much")
            sys.stdout.buffer.write(written)
    except rows.Trouble as exc:
        _write({"error": exc.word, **exc.details})
    except MemoryError:
        _write({"error": "memory"})
    else:
        _write(None)


def _limit(kind: int, amount: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        # There is no raising what the machine allows.
        amount = hard if amount == resource.RLIM_INFINITY else min(amount, hard)
    resource.setrlimit(kind, (amount, hard))


def _messages(rows: ModuleType, request: dict[str, Any]) -> Iterator[object]:
    path, streamed = Path(request["path"]), request["streamed"]
    found = rows.listing(path, streamed=streamed)
    yield {"sheets": found.sheets, "uses_1904": found.uses_1904}
    names = [name for name, _visible in found.sheets]
    wanted = names if request["sheet"] is None else [request["sheet"]]
    for sheet in wanted if request["sheet"] != "" else []:
        yield sheet
        if streamed:
            # Of long texts one row is enough to hold before they are cut.
            batch = 1 if request["longest"] else rows.BATCH_ROWS
            limits = request["most_rows"], request["most_columns"], batch
            batches = rows.streamed_rows(path, sheet, *limits)
        else:
            batches = rows.whole_rows(path, sheet, request["most_rows"])
        cut_at = None if sheet == request["uncut"] else request["longest"]
        yield from _joined(batches, cut_at)


def _joined(
    batches: Iterator[list[list[object]]], longest: int | None
) -> Iterator[list[list[object]]]:
    """Yield rows in fewer, longer lists, unless they are wide."""
    joined: list[list[object]] = []
    cells = 0
    for batch in batches:
        joined += [_cut(row, longest) for row in batch] if longest else batch
        cells += sum(map(len, batch))
        if cells >= BATCH_CELLS:
            yield joined
            joined, cells = [], 0
    if joined:
        yield joined


def _cut(row: list[object], longest: int) -> list[object]:
    return [
        cell[:longest] if isinstance(cell, str) and len(cell) > longest else cell
        for cell in row
    ]


def _rows_module() -> ModuleType:
    """Import rows.py beside this file, without the package around it, which takes seconds."""
    spec = spec_from_file_location("rows", Path(__file__).with_name("rows.py"))
    assert spec is not None and spec.loader is not None  # noqa: S101 - it is a file
    module = module_from_spec(spec)
    sys.modules["rows"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _write(message: object) -> None:
    pickle.dump(message, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
