"""Writes a registry hive, as small as the format allows: for tests of what reads one.

Format: the regf format as Windows writes it (version 1.3): a base block of 4,096 bytes, then bins
(`hbin`) of cells. A cell begins with its size, negative where it is in use, and holds a key (`nk`),
a value (`vk`), a list of keys (`lf`), a list of values, or data. Sources: Microsoft's REGHIVE
structures as documented by M. Suhanov (regf specification).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Key", "hive", "merged", "path"]

_NONE = 0xFFFFFFFF
_PAGE = 4096
_HEADER = 32
_SZ, _DWORD = 1, 4
_ROOT, _COMPRESSED = 0x0C, 0x20
_INLINE = 0x80000000
_FILETIME = 132_000_000_000_000_000
"""A time in 2019."""


@dataclass(frozen=True)
class Key:
    """A key with its values, texts or numbers, and the keys below it."""

    name: str
    values: dict[str, str | int] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()


def hive(root: Key) -> bytes:
    """A hive with one bin, large enough for all of it."""
    cells = _Cells()
    place = cells.key(root, _NONE, _ROOT | _COMPRESSED)
    size = -(-(len(cells.data) + _HEADER + 8) // _PAGE) * _PAGE
    rest = size - _HEADER - len(cells.data)
    free = struct.pack("<i", rest) + bytes(rest - 4)
    head = struct.pack("<4sIIQQI", b"hbin", 0, size, 0, _FILETIME, 0)
    return _base_block(place, size) + head + cells.data + free


def path(names: str, last: Key) -> Key:
    r"""The keys of a path `Microsoft\Updates`, each with the next alone, and `last` at its end."""
    return reduce(lambda below, name: Key(name, keys=(below,)), reversed(names.split("\\")), last)


def merged(name: str, keys: Iterable[Key]) -> Key:
    """A key below which several paths lie that begin alike."""
    groups: dict[str, list[Key]] = {}
    for key in keys:
        groups.setdefault(key.name, []).append(key)
    below = []
    for name_below, several in groups.items():
        values = {k: v for one in several for k, v in one.values.items()}
        inner = merged(name_below, [key for one in several for key in one.keys])
        below.append(Key(name_below, values, inner.keys))
    return Key(name, keys=tuple(below))


def _base_block(root: int, size: int) -> bytes:
    fields = struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, _FILETIME, 1, 3, 0, 1, root, size, 1)
    block = (fields + bytes(508 - len(fields)))[:508]
    checksum = reduce(xor, struct.unpack("<127I", block))
    return block + struct.pack("<I", checksum) + bytes(_PAGE - 512)


class _Cells:
    """Cells one after the other; a place counts from the beginning of the bin."""

    def __init__(self) -> None:
        self.data = b""

    def add(self, content: bytes) -> int:
        """A cell in use; its place."""
        place = _HEADER + len(self.data)
        size = -(-(len(content) + 4) // 8) * 8
        self.data += struct.pack("<i", -size) + content + bytes(size - 4 - len(content))
        return place

    def key(self, key: Key, parent: int, flags: int = _COMPRESSED) -> int:
        """A key, after its values; then the keys below it, which name it as their parent."""
        values = [self.value(name, value) for name, value in key.values.items()]
        listed = self.add(struct.pack(f"<{len(values)}I", *values)) if values else _NONE
        name = key.name.encode("latin-1")
        place = self.add(self._node(key, name, flags, (parent, _NONE, listed)))
        if key.keys:
            below = [self.key(one, place) for one in key.keys]
            pairs = b"".join(
                struct.pack("<I4s", at, one.name[:4].encode("latin-1").ljust(4, b"\0"))
                for at, one in zip(below, key.keys, strict=True)
            )
            keys = self.add(struct.pack("<2sH", b"lf", len(below)) + pairs)
            start = place - _HEADER + 4
            node = self._node(key, name, flags, (parent, keys, listed))
            self.data = self.data[:start] + node + self.data[start + len(node) :]
        return place

    def _node(self, key: Key, name: bytes, flags: int, places: tuple[int, int, int]) -> bytes:
        parent, keys, values = places
        counts = struct.pack(
            "<IIIIIII", len(key.keys), 0, keys, _NONE, len(key.values), values, _NONE
        )
        rest = struct.pack("<IIIIIIHH", _NONE, 64, 0, 64, 64, 0, len(name), 0)
        above = parent if parent != _NONE else 0
        return struct.pack("<2sHQII", b"nk", flags, _FILETIME, 0, above) + counts + rest + name

    def value(self, name: str, value: str | int) -> int:
        """A value: a number within its cell, a text in one of its own."""
        encoded = name.encode("latin-1")
        if isinstance(value, int):
            size, kind, place = 4 | _INLINE, _DWORD, value
        else:
            text = f"{value}\0".encode("utf-16-le")
            size, kind, place = len(text), _SZ, self.add(text)
        head = struct.pack("<2sHIIIHH", b"vk", len(encoded), size, place, kind, 1, 0)
        return self.add(head + encoded)
