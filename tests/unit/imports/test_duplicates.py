"""KeyIndex: exact over chunks, across restarts, in bounded files."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dataio.imports.duplicates import KeyIndex


def keys(*columns: list) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f"k{place}": pd.arrays.ArrowExtensionArray(pa.array(values))
            for place, values in enumerate(columns)
        }
    )


def add(index: KeyIndex, number: int, first_row: int, *columns: list) -> dict[int, int]:
    rows = np.arange(first_row, first_row + len(columns[0]))
    return index.add(number, keys(*columns), rows).to_dict()


def test_it_finds_repetitions_within_and_over_chunks(tmp_path):
    index = KeyIndex(tmp_path)

    assert add(index, 1, 2, ["a", "b", "a", "c"]) == {4: 2}
    assert add(index, 2, 6, ["d", "b", "a", "d"]) == {7: 3, 8: 2, 9: 6}
    assert add(index, 3, 10, ["e", "d"]) == {11: 6}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([1, 2], [2, 3]),
        ([Decimal("1.5"), Decimal("2.0")], [Decimal("2.0"), Decimal("3.5")]),
        (["é", "日本"], ["日本", "日"]),
        ([True, False], [False, False]),
    ],
)
def test_keys_of_any_type(tmp_path, first, second):
    index = KeyIndex(tmp_path)
    add(index, 1, 2, first)

    assert add(index, 2, 4, second)[4] == 3


def test_keys_of_two_columns_are_equal_only_together(tmp_path):
    index = KeyIndex(tmp_path)
    add(index, 1, 2, ["a", "a"], [1, 2])

    assert add(index, 2, 4, ["b", "a", "a"], [1, 2, 3]) == {5: 3}


def test_blank_keys_repeat_nothing(tmp_path):
    index = KeyIndex(tmp_path)

    assert add(index, 1, 2, ["a", None, None]) == {}
    assert add(index, 2, 5, [None, "a"]) == {6: 2}


def test_a_new_process_goes_on_and_may_add_a_chunk_again(tmp_path):
    add(KeyIndex(tmp_path), 1, 2, ["a", "b"])
    first = add(KeyIndex(tmp_path), 2, 4, ["c", "b"])

    again = add(KeyIndex(tmp_path), 2, 4, ["c", "b"])

    assert first == again == {5: 3}
    assert len(list(tmp_path.glob("run-*"))) == 2


def test_what_another_process_adds_meanwhile_is_found(tmp_path):
    here, there = KeyIndex(tmp_path), KeyIndex(tmp_path)
    add(here, 1, 2, ["a"])
    add(there, 2, 3, ["b"])

    assert add(here, 3, 4, ["b", "a", "c"]) == {4: 3, 5: 2}


def test_a_chunk_added_again_with_other_keys_replaces_the_old_ones(tmp_path):
    index = KeyIndex(tmp_path)
    add(index, 1, 2, ["a", "b"])
    add(index, 1, 2, ["a", "x"])

    assert add(index, 2, 4, ["b", "x"]) == {5: 3}


def test_what_is_equal_by_hash_only_is_no_repetition(tmp_path, monkeypatch):
    monkeypatch.setattr(
        pd.util,
        "hash_pandas_object",
        lambda frame, **_options: np.zeros(len(frame), np.uint64),
    )
    index = KeyIndex(tmp_path)

    assert add(index, 1, 2, ["a", "b", "a"]) == {4: 2}
    assert add(index, 2, 5, ["c", "b"]) == {6: 3}


def test_a_crash_before_the_run_is_written_loses_nothing(tmp_path):
    index = KeyIndex(tmp_path)
    add(index, 1, 2, ["a"])
    for run in tmp_path.glob("run-*"):
        run.unlink()
    (tmp_path / "run-9.part").write_bytes(b"half")

    index = KeyIndex(tmp_path)
    add(index, 1, 2, ["a"])

    assert add(index, 2, 3, ["a"]) == {3: 2}


def test_many_chunks_give_few_runs_and_the_exact_answer(tmp_path):
    random = np.random.default_rng(7)
    numbers = random.integers(0, 4000, 6000)
    index, found = KeyIndex(tmp_path), {}

    for number in range(60):
        part = numbers[number * 100 : (number + 1) * 100]
        found |= add(index, number + 1, number * 100, part.tolist())

    first: dict[int, int] = {}
    expected = {
        row: first[key]
        for row, key in enumerate(numbers.tolist())
        if first.setdefault(key, row) != row
    }
    assert found == expected
    assert Counter(path.suffix for path in tmp_path.iterdir())[".npy"] <= 12
