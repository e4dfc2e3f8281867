"""Values of binary XML: their types, and their bytes.

Types and layouts after
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
(section "Value type").
"""

from __future__ import annotations

import struct
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENCODERS", "ValueKind", "encoded_text", "file_time"]

_UNIX_EPOCH = 116_444_736_000_000_000
"""1970-01-01 as a FILETIME: ticks of 100 ns since 1601-01-01."""


class ValueKind(IntEnum):
    """Type of a value, by the number that the format gives it."""

    NULL = 0x00
    TEXT = 0x01
    INT8 = 0x03
    UINT8 = 0x04
    INT16 = 0x05
    UINT16 = 0x06
    INT32 = 0x07
    UINT32 = 0x08
    INT64 = 0x09
    UINT64 = 0x0A
    DOUBLE = 0x0C
    BOOL = 0x0D
    BINARY = 0x0E
    GUID = 0x0F
    FILETIME = 0x11
    SID = 0x13
    HEX32 = 0x14
    HEX64 = 0x15
    XML = 0x21
    """Binary XML within binary XML."""
    TEXTS = 0x81
    """An array of texts; readers repeat the element around it."""


def file_time(milliseconds: int) -> int:
    """Milliseconds since 1970, UTC, as a FILETIME."""
    return milliseconds * 10_000 + _UNIX_EPOCH


def encoded_text(text: str) -> bytes:
    """UTF-16LE; a lone surrogate stays one, as Windows keeps it."""
    return text.encode("utf-16-le", "surrogatepass")


def _text(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # whatever the caller has
    return 0x01, value.encode("utf-16-le", "surrogatepass")


def _number(kind: ValueKind, form: str, radix: int = 10) -> Callable[[Any], tuple[int, bytes]]:
    """Encoder of a number, or of its text; a text that is none stays text."""
    packed = struct.Struct(form)

    def encode(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # a number or text
        if isinstance(value, str):
            try:
                value = int(value, radix)
            except ValueError:
                return _text(value)
        return kind, packed.pack(value)

    return encode


def _double(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # a number or text
    return ValueKind.DOUBLE, struct.pack("<d", float(value))


def _bool(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # a truth value or its text
    if isinstance(value, str):
        if value.lower() not in {"true", "false"}:
            return _text(value)
        value = value.lower() == "true"
    return ValueKind.BOOL, struct.pack("<I", bool(value))


def _binary(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # bytes, or hexadecimal text
    return ValueKind.BINARY, bytes.fromhex(value) if isinstance(value, str) else bytes(value)


def _guid(value: str) -> tuple[int, bytes]:
    """`{5770385F-C22A-43E0-BF4C-06F5698FFBD9}`, with or without braces."""
    try:
        raw = bytes.fromhex(value.strip("{}").replace("-", ""))
    except ValueError:
        return _text(value)
    if len(raw) != 16:  # noqa: PLR2004  # bytes of a GUID
        return _text(value)
    return ValueKind.GUID, raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]


@lru_cache(maxsize=4096)
def _sid(value: str) -> tuple[int, bytes]:
    """`S-1-5-21-...`: revision, count, authority (big-endian), parts."""
    mark, *numbers = value.split("-")
    try:
        revision, authority, *parts = (int(number) for number in numbers)
        packed = struct.pack(
            f"<BB6s{len(parts)}I", revision, len(parts), authority.to_bytes(6, "big"), *parts
        )
    except (ValueError, OverflowError, struct.error):
        return _text(value)
    return (ValueKind.SID, packed) if mark == "S" else _text(value)


def _texts(value: Any) -> tuple[int, bytes]:  # noqa: ANN401  # a sequence of texts or None
    parts = ["" if part is None else part for part in value]
    if any("\0" in part for part in parts):
        raise ValueError("an array of texts cannot hold a NUL: it ends each of them")
    return ValueKind.TEXTS, encoded_text("".join(f"{part}\0" for part in parts))


ENCODERS: dict[ValueKind, Callable[[Any], tuple[int, bytes]]] = {
    ValueKind.TEXT: _text,
    ValueKind.INT8: _number(ValueKind.INT8, "<b"),
    ValueKind.UINT8: _number(ValueKind.UINT8, "<B"),
    ValueKind.INT16: _number(ValueKind.INT16, "<h"),
    ValueKind.UINT16: _number(ValueKind.UINT16, "<H"),
    ValueKind.INT32: _number(ValueKind.INT32, "<i"),
    ValueKind.UINT32: _number(ValueKind.UINT32, "<I"),
    ValueKind.INT64: _number(ValueKind.INT64, "<q"),
    ValueKind.UINT64: _number(ValueKind.UINT64, "<Q"),
    ValueKind.DOUBLE: _double,
    ValueKind.BOOL: _bool,
    ValueKind.BINARY: _binary,
    ValueKind.GUID: _guid,
    ValueKind.FILETIME: _number(ValueKind.FILETIME, "<Q"),
    ValueKind.SID: _sid,
    ValueKind.HEX32: _number(ValueKind.HEX32, "<I", 16),
    ValueKind.HEX64: _number(ValueKind.HEX64, "<Q", 16),
    ValueKind.TEXTS: _texts,
}
"""Kind -> what makes (kind written, bytes) of a value, which is never None.

A number, GUID, SID or truth value may be given as text; a text that is not of that form is written
as text, which its descriptor says.
"""
