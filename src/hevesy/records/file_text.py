"""Bytes of a text file -> text, whichever of the encodings Windows programs write."""

from __future__ import annotations

__all__ = ["decode_text"]

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SAMPLE = 512


def decode_text(data: bytes) -> str:
    r"""The text of a file, without its byte order mark; bytes that are no text as `\xff`.

    UTF-16 is also seen without a mark, by its zero bytes.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "backslashreplace")
    return data.decode(_guess(data), "backslashreplace")


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half and odd > half * 0.7 and not even:
        return "utf-16-le"
    if half and even > half * 0.7 and not odd:
        return "utf-16-be"
    return "utf-8"
