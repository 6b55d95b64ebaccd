"""Mutated files: each is read, or refused with a sentence; nothing else ever happens.

Takes FUZZ_SECONDS, 20 where nothing is said, and then always tries the same files in the
same order, so that CI fails for no chance find. `make fuzz` takes longer and other ones.
What fails is kept in `var/fuzz`; `python -m tests.fuzz.test_fuzz FILE` reads it again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.mutants import Mutant, mutants
from tests.workbooks.reading import ROOT, Reader, Reading, reading

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
LONG = "FUZZ_SECONDS" in os.environ
KEPT = ROOT / "var" / "fuzz"
MEGABYTES = 600
PARSER_MEGABYTES = 2_100  # its limit is DATAIO_WORKER_BYTES
PROCESSOR_SECONDS = 20


@pytest.fixture(scope="module")
def read() -> Iterator[Reader]:
    with reading(LOG_LEVEL="CRITICAL") as reader:
        yield reader


def wrong(found: Reading) -> bool:
    """Say whether something else happened than a reading or a sentence."""
    crashed = found.kind in ("crash", "killed")
    silent = bool(found.kind) and not found.sentence.endswith((".", "…"))
    took = found.megabytes > MEGABYTES or found.parser_megabytes > PARSER_MEGABYTES
    return crashed or silent or took or found.seconds > PROCESSOR_SECONDS


@pytest.mark.timeout(SECONDS + 220)
def test_mutated_files_are_read_or_refused(tmp_path: Path, read: Reader) -> None:
    finds: list[str] = []
    tried = 0

    def attempt(mutant: Mutant) -> None:
        nonlocal tried
        tried += 1
        path = tmp_path / "file"
        path.write_bytes(mutant.content)
        found = read(path, check=True)
        if wrong(found):
            finds.append(f"{kept(mutant, tried)}: {asdict(found)}")

    as_long_as(SECONDS, attempt)
    assert not finds, f"{len(finds)} of {tried} files:\n" + "\n".join(finds[:5])
    assert tried


def as_long_as(seconds: float, attempt: Callable[[Mutant], None]) -> None:
    """Try mutants until the time is up."""
    end = time.monotonic() + seconds

    @settings(
        max_examples=1_000_000 if LONG else 2_000,
        derandomize=not LONG,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants())
    def examine(mutant: Mutant) -> None:
        if time.monotonic() > end:
            raise TimeoutError
        attempt(mutant)

    try:
        examine()
    except TimeoutError:
        pass


def kept(mutant: Mutant, number: int) -> Path:
    """Keep a file to look at it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{mutant.name}-{number}"
    path.write_bytes(mutant.content)
    return path


if __name__ == "__main__":
    with reading() as again:
        for name in sys.argv[1:]:
            sys.stdout.write(f"{again(Path(name).resolve(), check=True)}\n")
