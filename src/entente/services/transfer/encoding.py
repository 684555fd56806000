"""Which encoding a text file was written in: the ones that Excel writes in France first, then a general guess."""

import codecs
from typing import BinaryIO

from charset_normalizer import from_bytes

BLOCK = 1 << 16
SAMPLE = 1 << 18
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Windows, "CSV (Macintosh)", "CSV (MS-DOS)": the three that French Excel offers besides UTF-8.
FRENCH = ("cp1252", "mac_roman", "cp850")
FREQUENT = frozenset("éèàç")
USUAL = frozenset("êôîûùâëïœñöüäßáíóúÉÈÀÇÊÔÎŒÖÜÄ’‘“”«»€°…–—²³ºª§\xa0\u202f")


def guess_encoding(stream: BinaryIO) -> str:
    """The name of the codec that reads the stream; the stream stands at its beginning again afterwards."""
    stream.seek(0)
    sample = stream.read(SAMPLE)
    stream.seek(0)
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    wide = _utf16_without_mark(sample)
    if wide:
        return wide
    utf8 = is_utf8(stream)
    stream.seek(0)
    if utf8 or not sample:
        return "utf-8"
    telling = _telling_part(stream, sample)
    return "utf-8" if _mostly_utf8(telling) else _one_byte(telling)


def is_utf8(stream: BinaryIO) -> bool:
    """Whether all of the stream is valid UTF-8, read in blocks."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        while block := stream.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(sample: bytes) -> bool:
    """UTF-8 with a few broken signs, as cut or patched files have."""
    signs = [sign for sign in sample.decode("utf-8", "replace") if sign > "\x7f"]
    return 0 < signs.count("\ufffd") < len(signs) * 0.05


def _utf16_without_mark(sample: bytes) -> str | None:
    """Western text in UTF-16 has a zero in every other byte."""
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _telling_part(stream: BinaryIO, sample: bytes) -> bytes:
    """The first sample that has a byte beyond ASCII in it: the accents may come late."""
    while sample and sample.isascii():
        sample = stream.read(SAMPLE)
    stream.seek(0)
    return sample


def _one_byte(sample: bytes) -> str:
    scores = {name: _plausibility(sample.decode(name, "replace")) for name in FRENCH}
    best = max(FRENCH, key=lambda name: scores[name])
    if scores[best] > 0:
        return best
    guessed = from_bytes(sample).best()
    return guessed.encoding if guessed and guessed.encoding != "utf_8" else "cp1252"


def _plausibility(text: str) -> int:
    """How much the signs beyond ASCII look like a French text; below zero when they do not."""
    score = 0
    for before, sign in zip(" " + text, text, strict=False):
        if sign > "\x7f":
            score += _worth(before, sign)
    return score


def _worth(before: str, sign: str) -> int:
    if before.islower() and sign.isupper():
        return -2
    if sign in FREQUENT:
        return 2
    if sign in USUAL:
        return 1
    return -1 if sign.isalpha() else -3
