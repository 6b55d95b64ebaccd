"""Looks into an upload before anything parses it."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.errors import EmptyFile, PasswordProtected, UnsafeFile
from dataio.readers.archive import opened
from dataio.readers.container import check_container
from dataio.readers.kinds import detect_format

MANIFEST_BYTES = 1024 * 1024


def guard(path: Path) -> None:
    """Refuse a file that is no table, is damaged, or would take the server down.

    Raises EmptyFile, UnsafeFile, UnreadableFile, PasswordProtected or UnknownFormat, each
    with a sentence. Reads a workbook through once, in a few MB of memory.
    """
    size = path.stat().st_size
    if size == 0:
        raise EmptyFile
    if size > settings.DATAIO_MAX_UPLOAD_BYTES:
        raise UnsafeFile(
            _("This file has %(size)d MB; at most %(limit)d MB are accepted.")
            % {
                "size": -(-size // 1024**2),
                "limit": settings.DATAIO_MAX_UPLOAD_BYTES // 1024**2,
            }
        )
    found = detect_format(path)
    if found in ("xlsx", "xlsm", "xlsb", "ods"):
        check_container(path)
    if found == "ods":
        _check_manifest(path)


def _check_manifest(path: Path) -> None:
    with opened(path) as archive:
        try:
            with archive.open("META-INF/manifest.xml") as member:
                manifest = member.read(MANIFEST_BYTES)
        except KeyError:
            return
    if b"encryption-data" in manifest:
        raise PasswordProtected
