"""A stream of JSON values, one a line or not -> each value with its text and its line number."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["JsonRow", "JsonRows"]

_BLOCK = 1024 * 1024
_MAX_LINE = 16 * 1024 * 1024
_MAX_SPREAD = 4 * 1024 * 1024
"""Longest object of an array: less than a line, for each try begins at its start."""
_SHOWN = 500
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BETWEEN = re.compile(r"[\s,\[\]]*+(?:Record \d++(?=\s)[\s,\[\]]*+)*+")
_NEXT_OBJECT = re.compile(r"[\n,\[]\s{0,64}(?=\{)")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class JsonRow(NamedTuple):
    """One value, or what could not be read as one."""

    line: int
    """1-based line on which it begins."""
    raw: str
    r"""Its text as it stood, undecodable bytes as `\xff`; of a broken one 500 characters."""
    value: Any
    """None where it is broken."""
    reason: str
    """Why it is broken."""


class JsonRows:
    """Values of a stream, read forwards within bounds; iterate once.

    One value a line, LF or CRLF, blank lines passed over; or, where the stream begins with `[`, or
    its first line is no whole value, values one after the other whatever their layout. A byte
    order mark and UTF-16 are understood. A line over 16 MiB, or an object over 4 MiB that spans
    lines, is broken.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Read nothing yet."""
        self._stream = stream
        self.size = 0
        """Bytes read from the stream so far."""

    def __iter__(self) -> Iterator[JsonRow]:
        """Rows in the order of the stream."""
        blocks = self._blocks()
        first = next(blocks, b"")
        if _one_a_line(first):
            return _rows_of_lines(_chain(first, blocks))
        return _rows_of_text(_chain(first, blocks))

    def _blocks(self) -> Iterator[bytes]:
        """Blocks of UTF-8 without byte order mark."""
        first = self._read()
        encoding = _UTF16.get(first[:2])
        if encoding is None:
            yield first.removeprefix(codecs.BOM_UTF8)
            while block := self._read():
                yield block
            return
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        block = first[2:]
        while block:
            yield decoder.decode(block).encode("utf-8", "replace")
            block = self._read()
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def _read(self) -> bytes:
        block = self._stream.read(_BLOCK)
        self.size += len(block)
        return block


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _one_a_line(first: bytes) -> bool:
    """Whether the first line that is not blank is a whole value, or longer than what was read."""
    start = first.lstrip()
    if start.startswith((b"[", b"Record ")):
        return False
    line, end, _ = start.partition(b"\n")
    return not end or not start.startswith(b"{") or line.rstrip().endswith(b"}")


def _rows_of_lines(blocks: Iterator[bytes]) -> Iterator[JsonRow]:
    carry = b""
    number = 0
    too_long = False
    for block in blocks:
        lines = (carry + block).split(b"\n")
        carry = lines.pop()
        for line in lines:
            number += 1
            if too_long:
                too_long = False
            elif line and not line.isspace():
                yield _row(number, line)
        if len(carry) > _MAX_LINE:
            if not too_long:
                yield _broken(number + 1, carry[:_SHOWN], f"line over {_MAX_LINE} bytes")
            too_long = True
            carry = b""
    if carry and not carry.isspace() and not too_long:
        yield _row(number + 1, carry)


def _row(number: int, line: bytes) -> JsonRow:
    line = line.rstrip(b"\r")
    try:
        return JsonRow(number, line.decode(), msgspec.json.decode(line), "")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _lenient(number, line)


def _lenient(number: int, line: bytes) -> JsonRow:
    """A line that strict JSON refuses: bad bytes, control characters, half surrogates, NaN."""
    text = _escape(line.decode("utf-8", "surrogateescape"))
    try:
        value = _DECODER.decode(text.strip())
        if _SURROGATE.search(text):
            value = _without_surrogates(value)
    except (ValueError, RecursionError) as error:
        return JsonRow(number, text[:_SHOWN], None, f"no JSON: {error}")
    if value is None:
        return JsonRow(number, text[:_SHOWN], None, "null")
    return JsonRow(number, text, value, "")


def _escape(text: str) -> str:
    r"""Bytes that `surrogateescape` kept, as JSON text for `\xff`."""
    return _ESCAPED_BYTE.sub(lambda found: f"\\\\x{ord(found[0]) - 0xDC00:02x}", text)


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401  # a JSON value
    """The same value with `?` for surrogates that have no other half: no UTF-8 can hold them."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _broken(number: int, line: bytes, reason: str) -> JsonRow:
    return JsonRow(number, line.decode("utf-8", "backslashreplace"), None, reason)


_DECODER = json.JSONDecoder(strict=False, parse_constant=str)


def _rows_of_text(blocks: Iterator[bytes]) -> Iterator[JsonRow]:
    """Objects one after the other, over lines and in arrays."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    buffer, line, more = "", 1, True
    while more:
        block = next(blocks, None)
        more = block is not None
        buffer += _escape(decoder.decode(block or b"", final=not more))
        position = 0
        while True:
            start = _after_between(buffer, position)
            line += buffer.count("\n", position, start)
            position = start
            if position == len(buffer):
                break
            row, end = _decode(buffer, position, line, more=more)
            if row is None:
                break
            yield row
            line += buffer.count("\n", position, end)
            position = end
        buffer = buffer[position:]


def _after_between(buffer: str, position: int) -> int:
    found = _BETWEEN.match(buffer, position)
    return found.end() if found else position


def _decode(buffer: str, position: int, line: int, *, more: bool) -> tuple[JsonRow | None, int]:
    """The value at `position` and where it ends; (None, position) where more must be read."""
    try:
        value, end = _DECODER.raw_decode(buffer, position)
        raw = buffer[position:end]
        if _SURROGATE.search(raw):
            value = _without_surrogates(value)
        if value is None:
            return JsonRow(line, raw, None, "null"), end
    except json.JSONDecodeError as error:
        cut = error.pos >= len(buffer) - 8 or error.msg.startswith("Unterminated string")
        if more and cut and len(buffer) - position < _MAX_SPREAD:
            return None, position
        reason = f"no JSON: {error.msg}"
    except (ValueError, RecursionError) as error:
        reason = f"no JSON: {error}"
    else:
        return JsonRow(line, raw, value, ""), end
    found = _NEXT_OBJECT.search(buffer, position + 1)
    end = found.end() if found else len(buffer)
    return JsonRow(line, buffer[position : position + _SHOWN], None, reason), end
