"""What a zip container really holds: every member is inflated once, with caps.

zipfile believes the sizes that the central directory declares, the parsers behind us do
not: so the deflate streams are read here by zlib, from where the parsers would read them.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.conf import settings
from dataio.errors import PasswordProtected, UnreadableFile, UnsafeFile
from dataio.readers.archive import opened
from dataio.readers.watch import Watch, too_many_texts

MAX_MEMBERS = 20_000
BLOCK_BYTES = 1024 * 1024
READ_BYTES = 256 * 1024
# Honest sheets shrink to a fifth or a thirtieth; bombs to a thousandth.
MAX_RATIO = 300
RATIO_FROM_BYTES = 64 * 1024 * 1024
LOCAL_HEADER_BYTES = 30


def check_container(path: Path) -> None:
    """Read through a zip; raises UnsafeFile, UnreadableFile or PasswordProtected.

    Holds at most a few MB. Stops at the first byte above a cap.
    """
    with opened(path) as archive, path.open("rb") as file:
        members = archive.infolist()
        _check_directory(members, archive.comment)
        _check_places(members, archive.start_dir)
        _inflate_all(file, members)


def _check_directory(members: list[zipfile.ZipInfo], comment: bytes) -> None:
    if len(members) > MAX_MEMBERS:
        raise UnsafeFile(
            ngettext(
                "This workbook has %(count)d part inside; that many are refused.",
                "This workbook has %(count)d parts inside; that many are refused.",
                len(members),
            )
            % {"count": len(members)}
        )
    names = {member.filename.replace("\\", "/").lower() for member in members}
    paths = [name.split("/") for name in names]
    tricks = any(".." in parts or ":" in parts[0] for parts in paths)
    # A second end mark in the comment, or a repeated name, shows two parsers two files.
    if tricks or len(names) < len(members) or b"PK\x05\x06" in comment:
        raise UnsafeFile(
            _("This file is refused: the parts inside it have misleading names.")
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise PasswordProtected
    if any(member.compress_type not in (0, 8) for member in members):
        raise UnreadableFile(
            _("This workbook is packed in an unusual way. Save it again in Excel.")
        )


def _check_places(members: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse members that share bytes: one small piece would be inflated many times."""
    for member in sorted(members, key=lambda each: each.header_offset, reverse=True):
        stop = member.header_offset + LOCAL_HEADER_BYTES + member.compress_size
        if stop > end or member.header_offset < 0:
            raise UnsafeFile(_("This file is refused: parts inside it overlap."))
        end = member.header_offset


def _inflate_all(file: BinaryIO, members: list[zipfile.ZipInfo]) -> None:
    left = settings.DATAIO_MAX_UNPACKED_BYTES
    shared_left = settings.DATAIO_MAX_SHARED_BYTES
    for member in members:
        watch = Watch(member.filename)
        size = _check_member(file, member, watch, left, shared_left)
        left -= size
        shared_left -= size if watch.shared else 0


def _check_member(
    file: BinaryIO, member: zipfile.ZipInfo, watch: Watch, left: int, shared_left: int
) -> int:
    """Inflate one member and return its size in bytes."""
    size = crc = 0
    for block in _blocks(file, member):
        size += len(block)
        crc = zlib.crc32(block, crc)
        if size > left:
            raise UnsafeFile(_too_large())
        if size > max(RATIO_FROM_BYTES, member.compress_size * MAX_RATIO):
            raise UnsafeFile(_("This file is refused: it unpacks to far too much."))
        watch.see(block)
        if watch.shared and size > shared_left:
            raise UnsafeFile(too_many_texts())
    if size != member.file_size:
        raise UnsafeFile(
            _("This file is refused: it says wrong things about its own size.")
        )
    if crc != member.CRC:
        raise _damaged()
    return size


def _blocks(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise _damaged()
    file.seek(
        int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little"),
        1,
    )
    packed = _packed(file, member.compress_size)
    return packed if member.compress_type == 0 else _inflated(packed)


def _packed(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (piece := file.read(min(READ_BYTES, length))):
        length -= len(piece)
        yield piece


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        while piece:
            yield inflate.decompress(piece, BLOCK_BYTES)
            piece = inflate.unconsumed_tail
    yield inflate.flush()
    if not inflate.eof:
        raise _damaged()


def _too_large() -> str:
    return _("This file is refused: it unpacks to more than %(size)d MB.") % {
        "size": settings.DATAIO_MAX_UNPACKED_BYTES // 1024**2
    }


def _damaged() -> UnreadableFile:
    return UnreadableFile(
        _("This workbook is damaged or incomplete. Save it again and upload it.")
    )
