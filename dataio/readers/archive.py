"""Opens zip files without believing how much they list."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from dataio.errors import PasswordProtected, UnreadableFile, UnsafeFile

# 20,000 parts with long names; zipfile reads the list whole and keeps ten times as much.
MAX_DIRECTORY_BYTES = 4 * 1024 * 1024


class _File(io.FileIO):
    """A file that refuses to be read in one piece while its list of parts is looked for."""

    listing = True

    def read(self, size: int | None = -1, /) -> bytes:
        if self.listing and (size or -1) > MAX_DIRECTORY_BYTES:
            raise UnsafeFile(
                _("This file is refused: it lists far too many parts inside.")
            )
        return super().read(-1 if size is None else size) or b""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is damaged inside it ends as a DataioError with a sentence."""
    try:
        with _File(path) as file, zipfile.ZipFile(file) as archive:
            file.listing = False
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,  # also a name that is no text
    ) as exc:
        raise UnreadableFile(
            _("This workbook is damaged or incomplete. Save it again and upload it.")
        ) from exc
    except RuntimeError as exc:
        if "password" not in str(exc) and "encrypted" not in str(exc):
            raise
        raise PasswordProtected from exc
