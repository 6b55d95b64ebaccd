"""KeyIndex: which keys stand in a file twice, over all chunks, exactly and in bounded memory.

Each chunk leaves a folder-mate `keys-<number>.arrow` with its keys as they are, and a sorted
run of their 64-bit hashes. A new chunk is searched for in every run; what seems equal by hash
is compared by the keys themselves. Runs of about one size are merged, so there are few, and a
sieve in memory knows of nearly all new hashes that no run holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dataio.imports.sieve import Hashes, Sieve

Rows = npt.NDArray[np.int64]

Run = npt.NDArray[np.uint64]
"""Three lines of equal length: hashes in ascending order, row numbers, chunk numbers."""

BYTES_PER_ENTRY = 24
MERGED_AT_ONCE = 8
LARGEST_RUN = 2_000_000
"""Entries of a run that is merged no further: about 100 MB at the moment of merging."""
ROW = "dataio_row"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Keys:
    """Keys of one chunk without blanks."""

    frame: pd.DataFrame
    """index = row numbers, ascending"""
    hashes: Hashes
    order: npt.NDArray[np.intp]
    """What sorts the hashes."""

    @classmethod
    def of(cls, frame: pd.DataFrame, rows: Rows) -> Self:
        whole = frame.notna().all(axis="columns").to_numpy(dtype=bool)
        if not whole.all():
            frame, rows = frame[whole], rows[whole]
        # Keys are all different: to look for equal ones first takes longer.
        found = pd.util.hash_pandas_object(frame, index=False, categorize=False)
        hashes: Hashes = np.asarray(found, dtype=np.uint64)
        return cls._sorted(frame.set_axis(rows, axis=0), hashes)

    @classmethod
    def _sorted(cls, frame: pd.DataFrame, hashes: Hashes) -> Self:
        order = np.argsort(hashes, kind="stable")
        return cls(frame=frame, hashes=hashes, order=order)

    @property
    def rows(self) -> Rows:
        return self.frame.index.to_numpy(np.int64)

    def without(self, rows: Collection[int]) -> Self:
        """Return the keys of all other rows."""
        others = ~self.frame.index.isin(list(rows))
        return self._sorted(self.frame[others], self.hashes[others])


class KeyIndex:
    """All keys of one file so far. Its state is in the folder, so a new process goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[int, pa.Table] = {}
        self._sieve = Sieve()
        self._sifted: set[Path] = set()
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.part"):
            leftover.unlink()

    def add(
        self, number: int, keys: pd.DataFrame, rows: Rows, *, anywhere: bool = False
    ) -> pd.Series:
        """Return the row of the first occurrence for each row whose key stands further up.

        `anywhere`: also for each row whose key stands further down, in another chunk.

        `keys`: the key columns of one clean frame; `rows`: their row numbers, ascending.
        The answer's index = row numbers of the repetitions, values = row numbers (int64).
        Keys with a blank in them repeat nothing. The same chunk may be added again.
        """
        new = _Keys.of(keys, rows)
        first = _repeated_within(new)
        for row, earlier in self._seen_before(new, anywhere=anywhere):
            first[row] = min(first.get(row, earlier), earlier)
        self._keep(number, new.without(first) if first else new)
        found = pd.Series(first, dtype="int64").sort_index()
        return found.set_axis(found.index.astype("int64"), axis=0)

    def _seen_before(self, new: _Keys, *, anywhere: bool) -> Iterator[tuple[int, int]]:
        runs = self._runs()
        for path in set(runs) - self._sifted:
            self._sieve.put(_load(path)[0])
        self._sifted = set(runs)
        hashes, rows, table = new.hashes, new.rows, _table(new.frame)
        maybe = new.order[self._sieve.passes(hashes[new.order])]
        for path in runs if len(maybe) else ():
            run = _load(path)
            own = maybe
            places = np.searchsorted(run[0], hashes[own])
            # More than one step only where hashes collide or a chunk was added again.
            while len(own):
                inside = places < run.shape[1]
                places, own = places[inside], own[inside]
                equal = run[0, places] == hashes[own]
                places, own = places[equal], own[equal]
                entries = run[1:, places].astype(np.int64)
                other = entries[0] != rows[own] if anywhere else entries[0] < rows[own]
                yield from self._verified(table, own[other], rows, entries[:, other])
                places = places + 1

    def _verified(
        self, table: pa.Table, own: Rows, rows: Rows, entries: Rows
    ) -> Iterator[tuple[int, int]]:
        """Yield (row, earlier row) of the candidates whose keys really are equal."""
        for chunk in np.unique(entries[1]):
            here = entries[1] == chunk
            stored = self._stored(int(chunk))
            places = np.searchsorted(stored[ROW].to_numpy(), entries[0, here])
            # A chunk that was added again may not have the row any more.
            places = np.minimum(places, len(stored) - 1)
            old, new = stored.take(pa.array(places)), table.take(pa.array(own[here]))
            same = np.asarray(old[ROW].to_numpy() == entries[0, here])
            for name in table.column_names:
                equal = pc.equal(old[name], new[name].cast(old[name].type))
                same &= equal.to_numpy(zero_copy_only=False).astype(bool)
            yield from zip(
                rows[own[here][same]].tolist(),
                old[ROW].to_numpy()[same].tolist(),
                strict=True,
            )

    def _keep(self, number: int, new: _Keys) -> None:
        """Store the keys that are new. The run comes last: it says that the chunk is in."""
        hashes, rows, order = new.hashes, new.rows, new.order
        table = _table(new.frame).append_column(ROW, pa.array(rows))
        path = self._folder / f"keys-{number}.arrow"
        is_known = path.exists() and self._stored(number).equals(table)
        if not len(rows) or (is_known and self._has(hashes[0], rows[0])):
            return
        self._keys.pop(number, None)
        temporary = path.with_suffix(".part")
        with pa.OSFile(str(temporary), "wb") as sink:
            with pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        temporary.replace(path)
        chunk = np.full(len(rows), number, np.uint64)
        self._write_run(np.stack([hashes[order], rows[order].astype(np.uint64), chunk]))
        self._merge()

    def _merge(self) -> None:
        """Merge runs of one size class until each class has few."""
        classes: dict[int, list[Path]] = {}
        for path in self._runs():
            size = path.stat().st_size // BYTES_PER_ENTRY
            if size * MERGED_AT_ONCE <= LARGEST_RUN:
                classes.setdefault(size.bit_length() // 2, []).append(path)
        for paths in classes.values():
            if len(paths) >= MERGED_AT_ONCE:
                merged = np.concatenate([_load(path) for path in paths], axis=1)
                self._write_run(merged[:, np.argsort(merged[0], kind="stable")])
                # A crash here leaves entries in two runs, which changes no answer.
                for path in paths:
                    path.unlink()
                self._merge()
                return

    def _has(self, value: np.uint64, row: np.int64) -> bool:
        """Tell whether an entry is in some run."""
        for path in self._runs():
            run = _load(path)
            start = int(np.searchsorted(run[0], value, side="left"))
            stop = int(np.searchsorted(run[0], value, side="right"))
            if (run[1, start:stop] == row).any():
                return True
        return False

    def _write_run(self, run: Run) -> None:
        newest = max(
            (int(path.stem.partition("-")[2]) for path in self._runs()), default=0
        )
        path = self._folder / f"run-{newest + 1}.npy"
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as sink:
            np.save(sink, run)
        temporary.replace(path)

    def _runs(self) -> list[Path]:
        return sorted(self._folder.glob("run-*.npy"))

    def _stored(self, chunk: int) -> pa.Table:
        """Return the kept keys of a chunk, memory-mapped."""
        if chunk not in self._keys:
            source = pa.memory_map(str(self._folder / f"keys-{chunk}.arrow"))
            self._keys[chunk] = pa.ipc.open_file(source).read_all()
        return self._keys[chunk]


def _repeated_within(keys: _Keys) -> dict[int, int]:
    """Return the first row of each row whose key stands further up in the same chunk."""
    sorted_hashes = keys.hashes[keys.order]
    if not (sorted_hashes[1:] == sorted_hashes[:-1]).any():
        return {}
    twice = pd.Series(keys.hashes, index=keys.frame.index).duplicated(keep=False)
    alike = keys.frame[twice]
    rows = pd.Series(alike.index, index=alike.index, dtype="int64")
    first = rows.groupby([alike[name] for name in alike], sort=False).transform("min")
    first = first[first != rows]
    return dict(zip(first.index.tolist(), first.tolist(), strict=True))


def _table(keys: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(keys, preserve_index=False)


def _load(path: Path) -> Run:
    run: Run = np.load(path, mmap_mode="r")
    return run
