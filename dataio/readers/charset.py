"""Which encoding and which delimiter a text file is written with."""

from __future__ import annotations

import codecs
import csv
from io import StringIO
from itertools import pairwise
from pathlib import Path

from charset_normalizer import from_bytes

from dataio.readers.kinds import looks_like_utf_16

BLOCK_BYTES = 1024 * 1024
SAMPLE_BYTES = 32 * 1024
SAMPLE_RECORDS = 30
DELIMITERS = ",;\t|"
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What spreadsheets save as; the more exotic ones only ever win by mistake.
CANDIDATES = ["cp1252", "cp1250", "cp1251", "cp1258", "cp1253", "cp1254", "cp1255"]
CANDIDATES += ["cp1256", "cp1257", "cp874", "cp932", "gb18030", "big5", "cp949"]
WESTERN = 'àâäáãåæçéèêëíîïñóôöõøœúùûüß€£§°º«»""…·¿¡\u2018\u2019\u2013\u2014'
# windows-1258 keeps tones apart from letters; nothing else has these behind vowels.
VIETNAMESE_TONES = "\u0300\u0301\u0303\u0309\u0323"


def detect_encoding(path: Path) -> str:
    """Return the encoding by mark, by being valid UTF-8, or else by likelihood.

    Looks no further than the first megabyte that is not pure ASCII.
    """
    with path.open("rb") as file:
        block = head = file.read(BLOCK_BYTES)
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding
        if b"\0" in head[:2_000] and looks_like_utf_16(head):
            return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        while block and block.isascii():
            block = file.read(BLOCK_BYTES)
    return "utf-8" if not block or _is_utf_8(block) else _likely(block)


def _is_utf_8(block: bytes) -> bool:
    """Say whether the first non-ASCII characters are UTF-8; a damaged one later is not asked."""
    start = next(i for i in range(0, len(block), 4096) if not _ascii(block, i))
    sample = block[start : start + SAMPLE_BYTES]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        # Mostly right: the file is UTF-8 with a damaged byte, and says so when read.
        good = len(sample.decode("utf-8", "ignore").encode())
        return len(sample) - good < 0.02 * sum(byte > 127 for byte in sample)
    return True


def _ascii(block: bytes, start: int) -> bool:
    return block[start : start + 4096].isascii()


def _likely(block: bytes) -> str:
    lines = [line for line in block[:BLOCK_BYTES].splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:SAMPLE_BYTES]
    if _is_vietnamese(sample):
        return "cp1258"
    if _is_western(sample):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=CANDIDATES).best()
    return best.encoding if best else "cp1252"


def _is_vietnamese(sample: bytes) -> bool:
    """Say whether tones follow vowels, as only Vietnamese in windows-1258 has them."""
    try:
        text = sample.decode("cp1258")
    except UnicodeDecodeError:
        return False
    pairs = list(pairwise(text))
    tones = [before for before, tone in pairs if tone in VIETNAMESE_TONES]
    vowels = sum(letter.lower() in "aăâeêioôơuưyạ" for letter in tones)
    others = sum(ord(letter) > 127 for letter in text)
    return len(tones) > 0 and vowels == len(tones) and vowels * 5 >= others


def _is_western(sample: bytes) -> bool:
    """Say whether every letter is at home in the west; few letters mislead statistics.

    Cyrillic, Greek and the like make long runs of letters that are not ASCII.
    """
    text = sample.decode("cp1252", "replace")
    foreign = {letter for letter in text.lower() if ord(letter) > 127}
    runs = any(
        ord(first) > 127 and ord(second) > 127 and first.isalpha() and second.isalpha()
        for first, second in pairwise(text)
    )
    return foreign <= set(WESTERN) and not runs


def detect_delimiter(text: str) -> str:
    """Return the delimiter that splits the first records most evenly; "," when none does.

    >>> detect_delimiter("name;price\\nBolt;1,5\\nNut;2,25\\n")
    ';'
    """
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> float:
    # The last record of a sample is cut anywhere.
    lines = text.splitlines(keepends=True)[: SAMPLE_RECORDS * 2]
    records = csv.reader(StringIO("".join(lines), newline=""), delimiter=delimiter)
    try:
        counts = [
            len(record)
            for record, _n in zip(records, range(SAMPLE_RECORDS), strict=False)
            if record
        ]
    except csv.Error:
        return 0.0
    if not counts or max(counts) == 1:
        return 0.0
    usual = max(set(counts), key=lambda count: (counts.count(count), count))
    return 0.0 if usual == 1 else counts.count(usual) / len(counts) + usual / 1_000
