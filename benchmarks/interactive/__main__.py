"""Time what a person feels: python -m benchmarks.interactive [--keep]

    --database postgresql   or sqlite
    --rows 1000000          of the import beside which small ones are timed; 0: none
    --only clicks           and, or, watchers, telling
    --keep                  put the figures into benchmarks/results.json

Takes about four minutes. Prints one JSON object, and whether each target is met.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.figures import RESULTS, load, save
from benchmarks.interactive import clicks, watchers
from benchmarks.interactive.targets import verdicts
from benchmarks.place import DATABASES, POSTGRESQL, place

PARTS = ("clicks", "watchers", "telling")
TOLD_ROWS = "100000x10"


def main() -> int:
    options = _options()
    found: dict[str, Any] = {}
    with place(options.database) as here:
        for part in options.only.split(","):
            if part == "clicks":
                found[part] = clicks.measure(here, options.rows)
            elif part == "watchers":
                found[part] = watchers.measure(here)
            else:
                found[part] = here.run("benchmarks.interactive.telling", TOLD_ROWS)
            print(json.dumps({part: found[part]}, indent=1), flush=True)
    for verdict in verdicts(found):
        print(verdict)
    if options.keep:
        results = load(RESULTS)
        save(
            RESULTS, {**results, "interactive": results.get("interactive", {}) | found}
        )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=DATABASES, default=POSTGRESQL)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
