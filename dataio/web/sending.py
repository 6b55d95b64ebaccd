"""Files sent to browsers: whole, or the part of them that is missing there."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import (
    content_disposition_header,
    http_date,
    parse_http_date_safe,
)

Response = TypeVar("Response", bound=HttpResponseBase)
PIECE_BYTES = 1024 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Pieces:
    """The bytes of a file from `start` on, in pieces of a megabyte.

    Read in a thread, and only as fast as the browser takes them: FileResponse would hold
    the whole file in memory under ASGI. The file is open from now on, so that it is read
    to its end even when it is removed meanwhile.
    """

    def __init__(self, path: Path, start: int = 0, length: int | None = None) -> None:
        self._file = path.open("rb")
        self.state = os.fstat(self._file.fileno())
        self.start = start
        self.length = self.state.st_size - start if length is None else length

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.state.st_size

    @property
    def etag(self) -> str:
        """What tells this file from any other that is or was at its address."""
        return f'"{self.state.st_mtime_ns:x}-{self.size:x}"'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            await asyncio.to_thread(self._file.seek, self.start)
            left = self.length
            while piece := await asyncio.to_thread(
                self._file.read, min(PIECE_BYTES, left)
            ):
                left -= len(piece)
                yield piece
        finally:
            await asyncio.to_thread(self._file.close)

    def close(self) -> None:
        """Let go of the file; Django calls it with the end of the answer."""
        self._file.close()


def send_file(
    request: HttpRequest, path: Path, name: str, content_type: str
) -> HttpResponseBase:
    """Answer with a file, or with the part of it that the request asks for.

    206 for a range, 416 for one behind the end. Several ranges at once, and ranges of a
    file that has changed since (If-Range), are answered with the whole file. Raises
    FileNotFoundError.
    """
    pieces = Pieces(path)
    wanted = _range(request, pieces)
    if wanted is not None and not wanted:
        pieces.close()
        behind = HttpResponse(status=416)
        behind["Content-Range"] = f"bytes */{pieces.size}"
        return behind
    if wanted:
        pieces.start, pieces.length = wanted.start, len(wanted)
    response = _answer(request, pieces, content_type, 206 if wanted else 200)
    if wanted:
        last = wanted.stop - 1
        response["Content-Range"] = f"bytes {wanted.start}-{last}/{pieces.size}"
    response["Content-Length"] = str(pieces.length)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = pieces.etag
    response["Last-Modified"] = http_date(pieces.state.st_mtime)
    # Kept nowhere on the way, and asked for again each time: rights may have changed.
    response["Cache-Control"] = "private, no-cache"
    return attached(response, name)


def starts_at_the_beginning(response: HttpResponseBase) -> bool:
    """Whether an answer of `send_file` is a download and not the rest of one."""
    part = response.get("Content-Range", "bytes 0-")
    return response.status_code in (200, 206) and part.startswith("bytes 0-")


def attached(response: Response, name: str) -> Response:
    """Let the browser keep the response as a file of that name, in any script."""
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _answer(
    request: HttpRequest, pieces: Pieces, content_type: str, status: int
) -> HttpResponse | StreamingHttpResponse:
    if request.method == "HEAD":
        pieces.close()
        return HttpResponse(content_type=content_type, status=status)
    return StreamingHttpResponse(pieces, content_type=content_type, status=status)


def _range(request: HttpRequest, pieces: Pieces) -> range | None:
    """Return the bytes that are asked for: None for all, empty for what is not there."""
    asked = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or not any(asked.groups()) or not _still_the_same(request, pieces):
        return None
    first, last = asked.groups()
    if not first:  # the last so many
        return range(max(pieces.size - int(last), 0), pieces.size)
    stop = min(int(last) + 1, pieces.size) if last else pieces.size
    if last and int(last) < int(first):
        return None  # makes no sense, and such a range is to be ignored
    return range(int(first), stop)


def _still_the_same(request: HttpRequest, pieces: Pieces) -> bool:
    """Whether the browser has the beginning of this very file (If-Range)."""
    known = request.headers.get("If-Range")
    if known is None or known == pieces.etag:
        return True
    moment = parse_http_date_safe(known)
    return moment is not None and moment == int(pieces.state.st_mtime)
