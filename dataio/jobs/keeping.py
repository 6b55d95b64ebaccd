"""What is kept of a load: images for undo, and Django's log entries where a resource asks."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from dataio.conf import settings
from dataio.errors import UnknownResource
from dataio.imports.load import LoadResult
from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    Head,
    plain_values,
    read_image,
    write_image,
)
from dataio.imports.loaders.unfolded import unfolded
from dataio.jobs import files
from dataio.models import Job, JobKind
from dataio.resources import Resource, registry

REMOVED = "removed"
"""The key in `Job.findings`: how many records that the file lacks were removed."""
LOGGED = 1_000
"""Log entries per statement."""


def wants_images(job: Job, resource: Resource) -> bool:
    """Whether loading must say what records were before and after."""
    return can_undo(resource) or _logs(job, resource)


def keep(job: Job, number: int, result: LoadResult, resource: Resource) -> None:
    """Keep what a chunk changed; inside the transaction that loads it."""
    path = files.undo_path(job.pk, number)
    if result.image is None:
        # An attempt that was rolled back may have left one.
        path.unlink(missing_ok=True)
        return
    if can_undo(resource):
        write_image(result.image, path)
    if _logs(job, resource):
        _write_log(job, unfolded(result.image), resource)


class RemovedKeeper:
    """Keeps what removals take along, each in a folder of its own, in their order."""

    def __init__(self, job_id: uuid.UUID) -> None:
        self._job_id = job_id
        self._number = 0
        # An attempt that was rolled back may have left some.
        for old in removed_folders(job_id):
            shutil.rmtree(old)

    def keep(self, tables: list[pa.Table]) -> None:
        """Keep one removal; its folder appears whole or not at all."""
        self._number += 1
        target = files.removed_path(self._job_id, self._number)
        temporary = target.with_suffix(".part")
        shutil.rmtree(temporary, ignore_errors=True)
        for number, table in enumerate(tables):
            write_image(table, temporary / f"{number:03}.parquet")
        temporary.rename(target)


def removed_folders(job_id: uuid.UUID) -> list[Path]:
    """Return where removals are kept, in their order."""
    folder = files.undo_folder(job_id)
    return sorted(path for path in folder.glob("removed-*") if not path.suffix)


def read_removed(folder: Path) -> list[pa.Table]:
    """Return what one removal took along."""
    return [read_image(path) for path in sorted(folder.iterdir())]


def can_undo(resource: Resource) -> bool:
    """Whether what an import did is kept for an undo."""
    return settings.DATAIO_UNDO_DAYS > 0 and resource.undo


def set_deadline(job_id: uuid.UUID) -> None:
    """Note until when an import that has ended can be undone, if it changed anything."""
    job = Job.objects.get(pk=job_id)
    changed = job.created + job.updated + job.findings.get(REMOVED, 0)
    if job.kind != JobKind.IMPORT or not changed:
        return
    try:
        possible = can_undo(registry.get(job.resource))
    except UnknownResource:
        return
    if possible and files.undo_folder(job_id).is_dir():
        until = timezone.now() + timedelta(days=settings.DATAIO_UNDO_DAYS)
        Job.objects.filter(pk=job_id, undo_until=None).update(undo_until=until)


def drop_images(job_id: uuid.UUID) -> None:
    """Remove the images of an import that cannot be undone any more."""
    shutil.rmtree(files.undo_folder(job_id), ignore_errors=True)


def _logs(job: Job, resource: Resource) -> bool:
    named = job.owner_id is not None  # an entry needs somebody who did it
    return resource.log_entries and named and apps.is_installed("django.contrib.admin")


def _write_log(job: Job, image: pa.Table, resource: Resource) -> None:
    """Write one log entry for each record, a few statements for all."""
    from django.contrib.admin.models import LogEntry

    owner: Any = job.owner_id
    made = [LogEntry(user_id=owner, **entry) for entry in _entries(image, resource)]
    LogEntry.objects.bulk_create(made, batch_size=LOGGED)


def _entries(image: pa.Table, resource: Resource) -> Iterator[dict[str, Any]]:
    from django.contrib.admin.models import ADDITION, CHANGE

    model = resource.model
    meta: Any = model._meta
    kind = ContentType.objects.get_for_model(model, for_concrete_model=False).pk
    keys = plain_values(image.column(f"new.{meta.pk.column}"))
    actions = image.column(ACTION).to_pylist()
    named = [meta.get_field(name).column for name in Head.of(image).key]
    texts = [plain_values(image.column(f"new.{name}")) for name in named] or [keys]
    shown = zip(*texts, strict=True)
    for pk, action, words, names in zip(
        keys, actions, shown, _changed(image, meta), strict=True
    ):
        created = action == CREATED
        what: dict[str, Any] = (
            {"added": {}} if created else {"changed": {"fields": names}}
        )
        yield {
            "content_type_id": kind,
            "object_id": str(pk),
            "object_repr": " / ".join(map(str, words))[:200],
            "action_flag": ADDITION if created else CHANGE,
            "change_message": json.dumps([what]),
        }


def _changed(image: pa.Table, meta: Any) -> Iterator[list[str]]:
    """Yield the names of the changed fields of each record."""
    names, masks = [], []
    for field in [*meta.concrete_fields, *meta.many_to_many]:
        many = field.many_to_many
        side, name = ("_links", field.name) if many else ("", field.column)
        if f"new{side}.{name}" not in image.column_names:
            continue
        old, new = (image.column(f"{part}{side}.{name}") for part in ("old", "new"))
        names.append(str(field.verbose_name))
        masks.append(_differ(old, new, many=many))
    together = np.stack(masks, axis=1)
    labels = np.array(names, dtype=object)
    for row in together:
        yield labels[row].tolist()


def _differ(old: Any, new: Any, *, many: bool) -> Any:
    if many or old.type != new.type:
        pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
        return np.array([one != other for one, other in pairs], dtype=bool)
    same = pc.fill_null(pc.equal(old, new), pa.scalar(value=False))
    both = pc.and_(pc.is_null(old), pc.is_null(new))
    return ~pc.or_(same, both).to_numpy()
