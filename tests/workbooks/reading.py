"""Reads files as the web server and a worker would, and measures what that takes.

Run as a program it takes one line with "read" or "check" and a path, and answers with one
`Reading` as JSON. "check" also parses each column as every type there is, and does not
look at the first rows in a process of its own unless the parser dies: that is quicker. Each file is read by a process forked for it alone, which inherits all imports and has
a worker's limits, so that what it takes is what the file takes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from dataio.columns import Column

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE_ROWS = 4
SECONDS = 60
"""Processor time after which the process is killed; that of its parser counts too."""


@dataclass
class Reading:
    """What became of a file."""

    sentence: str = ""
    """Why it was refused; empty when it was read to its end."""
    kind: str = ""
    """The class of the refusal."""
    format: str = ""
    sheets: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    first: list[list[str]] = field(default_factory=list)
    """The first cells, as Python shows them."""
    megabytes: int = 0
    """That the process grew by."""
    parser_megabytes: int = 0
    """The largest process that parsed for it."""
    seconds: float = 0
    """Of the processor, all processes together."""


class Reader:
    """Asks the program; see `reading`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, path: Path, *, check: bool = False) -> Reading:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        word = "check" if check else "read"
        self._process.stdin.write(f"{word} {path}\n")
        self._process.stdin.flush()
        return Reading(**json.loads(self._process.stdout.readline()))


@contextmanager
def reading(**environment: str) -> Iterator[Reader]:
    """Start the program and end it; `environment` has settings for it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.workbooks.reading"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Reader(process)
        process.kill()


def read(path: Path, *, apart: bool = False, check: bool = False) -> Reading:
    """Guard, peek, scan, and read every sheet to its end, as an upload and its job do.

    `apart`: as the job's second attempt does, when the first has killed its worker.
    """
    from dataio.errors import DataioError
    from dataio.jobs.limits import sentence_for

    found = Reading()
    try:
        _read(path, found, apart=apart, check=check)
    except DataioError as error:
        found.sentence, found.kind = error.message, type(error).__name__
    except MemoryError as error:
        found.sentence, found.kind = sentence_for(error), "MemoryError"
    except BaseException:
        found.sentence, found.kind = traceback.format_exc(), "crash"
    return found


def _read(path: Path, found: Reading, *, apart: bool, check: bool) -> None:
    from dataio.imports.inference import scan
    from dataio.readers import APART, HERE, SAMPLE, as_objects, guard, open_reader, peek

    first = HERE if check and not apart else SAMPLE
    guard(path)
    looks = peek(path, care=first)
    found.format, found.notes = looks.format, looks.notes
    found.sheets = [sheet.name for sheet in looks.sheets]
    # Text files have no sheets to choose from.
    names = [one.name for one in looks.sheets if one.header_row] or [None]
    for name in names if looks.format not in ("csv", "tsv") else [None]:
        scan(open_reader(path, name, care=first))
        reader = open_reader(path, name, care=APART if apart else HERE)
        found.headers = found.headers or reader.headers
        for frame in reader.frames(25_000):
            found.rows += len(frame)
            room = SAMPLE_ROWS - len(found.first)
            shown = as_objects(frame.head(room).iloc[:, :20]).to_numpy().tolist()
            found.first += [[repr(cell)[:100] for cell in row] for row in shown]
            if check:
                _check(frame)


def _check(frame: pd.DataFrame) -> None:
    from dataio.columns import ParseContext

    for place in range(min(frame.shape[1], 20)):
        for column in _columns():
            column.parse(frame.iloc[:, place], ParseContext())


@cache
def _columns() -> list[Column]:
    """Return a column of each kind that needs no database."""
    from django.db import models

    from dataio.columns.fields import from_field
    from dataio.models import Job

    fields: list[models.Field[Any, Any]] = [
        models.BooleanField(),
        models.CharField(max_length=40),
        models.CharField(max_length=9, choices=[("a", "Apple"), ("b", "Bean")]),
        models.DateField(),
        models.DateTimeField(),
        models.DecimalField(max_digits=12, decimal_places=2),
        models.DurationField(),
        models.EmailField(),
        models.FloatField(),
        models.GenericIPAddressField(),
        models.IntegerField(),
        models.JSONField(),
        models.SlugField(),
        models.TextField(),
        models.TimeField(),
        models.URLField(),
        models.UUIDField(),
    ]
    for number, one in enumerate(fields):
        one.set_attributes_from_name(f"field_{number}")
        one.model = Job  # any: its database is asked how large numbers may be
    return [column for one in fields if (column := from_field(one)) is not None]


def _forked(path: Path, *, check: bool, apart: bool = False) -> dict[str, Any]:
    """Read in a process of its own and return what it says."""
    end, start = os.pipe()
    child = os.fork()
    if not child:
        os.close(end)
        found = _measured(path, check=check, apart=apart)
        os.write(start, json.dumps(asdict(found)).encode()[: 1024**2])
        os._exit(0)
    os.close(start)
    with os.fdopen(end) as pipe:
        said = pipe.read()
    _pid, status = os.waitpid(child, 0)
    if not said and not apart:
        return _forked(path, check=check, apart=True)
    killed = Reading(sentence=f"killed by signal {status & 0x7F}", kind="killed")
    return json.loads(said) if said else asdict(killed)


def _measured(path: Path, *, check: bool, apart: bool) -> Reading:
    from dataio.jobs.limits import limit_memory

    limit_memory()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(path, apart=apart, check=check)
    own = resource.getrusage(resource.RUSAGE_SELF)
    parser = resource.getrusage(resource.RUSAGE_CHILDREN)
    found.megabytes = (own.ru_maxrss - before) // 1024
    found.parser_megabytes = parser.ru_maxrss // 1024
    found.seconds = own.ru_utime + own.ru_stime + parser.ru_utime + parser.ru_stime
    return found


def main() -> None:
    """Answer until nobody asks any more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    import django

    django.setup()
    import dataio.imports.inference
    import dataio.readers  # noqa: F401 - so that each process has them already

    _columns()
    for line in sys.stdin:
        word, _space, path = line.strip().partition(" ")
        said = _forked(Path(path), check=word == "check")
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
