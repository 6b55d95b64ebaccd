"""Reads one .xls, .xlsb or .ods sheet whole; run as a program with its memory limited.

These formats cannot be streamed, and a small hostile file makes the parser ask for any
amount of memory and abort the process. So the process is not the worker.

Arguments: path, sheet ("" for none), most rows, memory in bytes. Writes pickles to stdout:
first {"sheets": [(name, visible), ...]} or {"error": "password" | "damaged"}, then lists
of rows from row 1, then None: whoever does not see the None knows that something is missing.
"""

from __future__ import annotations

import pickle
import resource
import sys

BATCH_ROWS = 2_000


def main(path: str, sheet: str, most_rows: int, memory: int) -> None:
    """Write sheets, then rows."""
    # Read here, so that nothing of the worker's is needed or changed.
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    from python_calamine_plus import (
        CalamineError,
        PasswordError,
        SheetVisibleEnum,
        load_workbook,
    )

    try:
        book = load_workbook(path)
        _write(
            {
                "sheets": [
                    (each.name, each.visible == SheetVisibleEnum.Visible)
                    for each in book.sheets_metadata
                ]
            }
        )
        if sheet:
            source = book.get_sheet_by_name(sheet)
            rows = source.to_python(skip_empty_area=False, nrows=most_rows)
            for start in range(0, len(rows), BATCH_ROWS):
                _write(rows[start : start + BATCH_ROWS])
        _write(None)
    except PasswordError:
        _write({"error": "password"})
    except (CalamineError, OSError):
        _write({"error": "damaged"})


def _write(message: object) -> None:
    pickle.dump(message, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
