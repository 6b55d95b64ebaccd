from __future__ import annotations

import pytest

from dataio.writers.atomic import atomic_target


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def test_the_file_appears_when_it_is_whole(folder):
    path = folder / "file.txt"
    with atomic_target(path) as target:
        target.write_text("whole")
        assert not path.exists()
    assert [file.read_text() for file in folder.iterdir()] == ["whole"]


def test_an_error_leaves_what_was_there(folder):
    path = folder / "file.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        with atomic_target(path) as target:
            target.write_text("new")
            raise KeyboardInterrupt
    assert [file.read_text() for file in folder.iterdir()] == ["old"]


def test_nothing_written_is_an_error_and_no_file(folder):
    with pytest.raises(FileNotFoundError):
        with atomic_target(folder / "file.txt"):
            pass
    assert list(folder.iterdir()) == []
