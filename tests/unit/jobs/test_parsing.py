from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
import xlwt

from dataio.errors import TooOften, UnreadableFile
from dataio.jobs import files, parsing
from dataio.jobs.parsing import WHOLE, parsing_turn
from dataio.models import Job
from tests.workbooks import make

TOLD = "Too many workbooks are being read at the moment. Try again in a minute."


def old_workbook(path: Path) -> Path:
    book = xlwt.Workbook()
    book.add_sheet("Data").write(0, 0, "SKU")
    book.save(str(path))
    return path


def upload(folder: Path, settings, content: bytes) -> Job:
    settings.DATAIO_ROOT = folder
    job = Job()
    files.source_path(job).parent.mkdir()
    files.source_path(job).write_bytes(content)
    return job


def test_old_workbooks_beyond_two_wait_until_one_is_read(tmp_path: Path) -> None:
    path = old_workbook(tmp_path / "old")
    began = Event()

    def another() -> None:
        with parsing_turn(path):
            began.set()

    with ThreadPoolExecutor(1) as pool, ExitStack() as turns:
        turns.enter_context(parsing_turn(path))
        with parsing_turn(path):
            waiting = pool.submit(another)
            assert not began.wait(0.2)
        waiting.result(30)
    assert began.is_set()


def test_who_waits_too_long_is_told_and_takes_no_turn(
    tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "LONGEST_WAIT", 0.05)
    old = old_workbook(tmp_path / "old").read_bytes()
    job = upload(tmp_path, settings, old)
    with WHOLE, WHOLE, pytest.raises(TooOften) as told:
        files.peek_of(job)
    assert told.value.message == TOLD
    assert files.peek_of(job).format == "xls"


def test_other_files_do_not_wait_for_old_workbooks(tmp_path: Path, settings) -> None:
    book = make.epoch_1904(tmp_path / "book").read_bytes()
    with WHOLE, WHOLE:
        assert files.peek_of(upload(tmp_path, settings, book)).format == "xlsx"
        assert files.peek_of(upload(tmp_path, settings, b"a,b\n1,2\n")).format == "csv"


def test_a_file_that_is_refused_gives_its_turn_back(tmp_path: Path) -> None:
    path = old_workbook(tmp_path / "old")
    for _time in range(5):
        with pytest.raises(UnreadableFile), parsing_turn(path):
            raise UnreadableFile
    with parsing_turn(path), parsing_turn(path):
        pass
