"""The files of a job: one folder each, named by the job's id, never by what a person typed."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from django.utils import timezone

from dataio.conf import settings
from dataio.imports.inference import Scan, scan
from dataio.imports.plan import Split
from dataio.jobs.parsing import parsing_turn
from dataio.models import Job
from dataio.readers import SAMPLE, Peek, guard, open_reader, peek
from dataio.writers import FORMATS


def folder(job_id: uuid.UUID) -> Path:
    return Path(settings.DATAIO_ROOT) / str(job_id)


def source_path(job: Job) -> Path:
    """Return where the upload is kept."""
    return folder(job.pk) / "source"


def chunk_path(job_id: uuid.UUID, number: int) -> Path:
    """Return where a staged chunk is kept until it is loaded."""
    return folder(job_id) / "chunks" / f"{number:06}.parquet"


def changes_path(job_id: uuid.UUID, number: int) -> Path:
    """Return where is kept what a staged chunk would change."""
    return folder(job_id) / "chunks" / f"{number:06}.changes.parquet"


def rejected_path(job_id: uuid.UUID, number: int, version: int) -> Path:
    """Return where the rows with problems of a chunk are kept.

    `version`: a correction leaves a new file, so that the old one is there until it is done.
    """
    name = f"{number:06}.parquet" if not version else f"{number:06}.{version}.parquet"
    return folder(job_id) / "rejected" / name


def keys_folder(job_id: uuid.UUID, part: int = 0) -> Path:
    """Return where the keys of a part of the file are indexed while it is staged."""
    return folder(job_id) / "keys" / str(part)


def parents_path(job_id: uuid.UUID) -> Path:
    """Return where is kept which parents the file holds, see `dataio.imports.parents`."""
    return folder(job_id) / "keys" / "parents.sqlite"


def result_path(job: Job) -> Path | None:
    """Return the file an export made, or None when there is none (any more).

    On the day of its removal it counts as gone, whether it has been removed yet or not.
    """
    over = job.kept_until is not None and job.kept_until <= timezone.now()
    path = export_path(job)
    return path if not over and path.is_file() else None


def content_type(job: Job) -> str:
    """Return what kind of file an export made, for browsers and mail programs."""
    known = {one.suffix: one.content_type for one in FORMATS.values()}
    known[".xlsm"] = "application/vnd.ms-excel.sheet.macroEnabled.12"
    suffix = Path(job.file_name).suffix.lower()
    return known.get(suffix, "application/octet-stream")


def export_path(job: Job) -> Path:
    return folder(job.pk) / "result"


def undo_folder(job_id: uuid.UUID) -> Path:
    """Return where is kept what the records were before an import."""
    return folder(job_id) / "undo"


def undo_path(job_id: uuid.UUID, number: int) -> Path:
    """Return where the image of a loaded chunk is kept."""
    return undo_folder(job_id) / f"{number:06}.parquet"


def removed_path(job_id: uuid.UUID, number: int) -> Path:
    """Return the folder with what one removal of records that the file lacked took along."""
    return undo_folder(job_id) / f"removed-{number:06}"


def keep_upload(job_id: uuid.UUID, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Write an upload to its place and look whether it is safe; return its size and sha256.

    Raises a DataioError with a sentence, and leaves nothing, when the file is refused.
    """
    target = folder(job_id) / "source"
    target.parent.mkdir(parents=True)
    try:
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
        guard(target)
    except BaseException:
        remove(job_id)
        raise
    return size, digest.hexdigest()


def keep_source_of(job: Job, fresh: Job) -> None:
    """Keep the upload of a job for another one too, without a second copy where that can be.

    Neither is ever written to, and each is gone when its own time is up.
    """
    target = source_path(fresh)
    target.parent.mkdir(parents=True)
    try:
        target.hardlink_to(source_path(job))
    except OSError:  # a file system that knows no links
        shutil.copyfile(source_path(job), target)


def peek_of(job: Job) -> Peek:
    """Return the first rows of the upload."""
    return _peek(source_path(job))


def scan_of(
    job: Job,
    sheet: str,
    header_row: int,
    header_rows: int = 1,
    splits: Mapping[str, Split] | None = None,
) -> Scan:
    """Return what the values of one sheet of the upload prove, see `imports.inference`.

    Takes about a second for 50,000 rows of 10 columns, and nothing when asked again.
    """
    # What the parts become does not matter here.
    split = tuple(
        (header, one.separator, len(one.columns))
        for header, one in sorted((splits or {}).items())
    )
    return _scan(source_path(job), sheet, header_row, header_rows, split)


def drop_staging(job_id: uuid.UUID) -> None:
    """Remove what only the import needed: staged chunks and the index of keys."""
    for name in ("chunks", "keys"):
        shutil.rmtree(folder(job_id) / name, ignore_errors=True)


def drop_check(job_id: uuid.UUID) -> None:
    """Remove all that checking left: what is staged, the rows with problems, marked workbooks."""
    drop_staging(job_id)
    shutil.rmtree(folder(job_id) / "rejected", ignore_errors=True)
    for marked in folder(job_id).glob("marked-*"):
        marked.unlink(missing_ok=True)


def remove(job_id: uuid.UUID) -> None:
    """Remove all files of a job."""
    shutil.rmtree(folder(job_id), ignore_errors=True)


@lru_cache(maxsize=32)
def _peek(path: Path) -> Peek:
    # An upload never changes, so its path is enough of a key.
    with parsing_turn(path):
        return peek(path)


@lru_cache(maxsize=32)
def _scan(
    path: Path,
    sheet: str,
    header_row: int,
    header_rows: int,
    split: tuple[tuple[str, str, int], ...],
) -> Scan:
    splits = {
        header: Split(columns=("",) * count, separator=separator)
        for header, separator, count in split
    }
    place = (sheet or None, header_row, header_rows)
    with parsing_turn(path), closing(open_reader(path, *place, SAMPLE)) as reader:
        return scan(reader, splits=splits)
