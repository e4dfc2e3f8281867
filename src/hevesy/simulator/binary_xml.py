"""Binary XML templates: an element tree compiled once, laid into a chunk where it is first used.

Tokens after
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc
(section "Binary XML"). Names stand in a chunk once: where a name is first used, its text follows;
elsewhere its offset points there. So what a template's bytes are depends on the names that the
chunk has already, and on where it is laid.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from hevesy.simulator.binary_value import ValueKind, encoded_text

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence

__all__ = ["FRAGMENT", "Element", "Layout", "Slot", "Template", "name_hash"]

FRAGMENT = b"\x0f\x01\x01\x00"
"""Begins every piece of binary XML: token, version 1.1, flags."""

_END = b"\0"
_NO_DEPENDENCY = 0xFFFF
_MOST_LAYOUTS = 256
_NAME_BUCKETS = 64
DEFINITION_HEADER = 24
"""Bytes before a template's tokens: offset of the next one, GUID, size."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template that each record fills with its own value."""

    index: int
    kind: ValueKind


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a template."""

    name: str
    attributes: tuple[tuple[str, str | Slot], ...] = ()
    content: tuple[Element | Slot | str, ...] = ()
    depends: int = _NO_DEPENDENCY
    """Slot without whose value the element is not written."""


_Piece = bytes | str
"""Bytes as they stand, or a name whose offset stands there."""


@lru_cache(maxsize=4096)
def name_hash(name: str) -> int:
    """The 16-bit hash that a name is stored with; its bucket is the hash modulo 64."""
    value = 0
    for letter in struct.unpack(f"<{len(encoded_text(name)) // 2}H", encoded_text(name)):
        value = (value * 65599 + letter) & 0xFFFFFFFF
    return value & 0xFFFF


def _stored_name(name: str) -> bytes:
    """A name as it stands in a chunk, without the offset of the next one in its bucket."""
    text = encoded_text(name)
    return struct.pack("<HH", name_hash(name), len(text) // 2) + text + b"\0\0"


class _Laying:
    """Walks a tree once, for one set of names that the chunk does not have yet."""

    def __init__(self, new: frozenset[str]) -> None:
        self._new = set(new)

    def element(self, element: Element) -> list[_Piece]:
        """Pieces of an element; sizes count every byte of them, stored names included."""
        name = self._name(element.name)
        attributes: list[_Piece] = []
        for place, (key, value) in enumerate(element.attributes):
            more = place + 1 < len(element.attributes)
            attributes += [b"\x46" if more else b"\x06", *self._name(key), _value(value)]
        if attributes:
            attributes.insert(0, struct.pack("<I", _size(attributes)))
        inside: list[_Piece] = []
        for part in element.content:
            inside += self.element(part) if isinstance(part, Element) else [_value(part)]
        body = [b"\x02", *inside, b"\x04"] if element.content else [b"\x03"]
        rest = [*name, *attributes, *body]
        token = b"\x41" if attributes else b"\x01"
        return [token + struct.pack("<HI", element.depends, _size(rest)), *rest]

    def _name(self, name: str) -> list[_Piece]:
        if name not in self._new:
            return [name]
        self._new.discard(name)
        # the empty bytes mark that the name is stored here: offset, link, text
        return [name, b"", _stored_name(name)]


def _size(pieces: list[_Piece]) -> int:
    """Bytes of pieces; a name's offset and, behind the mark, its link have four each."""
    return sum(4 if isinstance(piece, str) else len(piece) or 4 for piece in pieces)


def _value(value: str | Slot) -> bytes:
    if isinstance(value, Slot):
        return struct.pack("<BHB", 0x0E, value.index, value.kind)
    text = encoded_text(value)
    return struct.pack("<BBH", 0x05, ValueKind.TEXT, len(text) // 2) + text


@dataclass(frozen=True, slots=True)
class Layout:
    """A template's definition for one set of new names; only offsets are still open."""

    size: int
    """Bytes of the definition, header included."""
    packed: struct.Struct
    texts: tuple[bytes, ...]
    names: tuple[tuple[str, int], ...]
    """Before each text but the first: a name, and where it is stored from the start of the
    definition; -1 where the chunk has it already."""

    def lay(
        self, base: int, following: int, names: dict[str, int], buckets: MutableSequence[int]
    ) -> bytes:
        """The bytes, at offset `base` of a chunk.

        Args:
            base: where the definition begins.
            following: offset of the next template of its bucket, 0 where it is the last.
            names: name -> offset in the chunk; new ones are added.
            buckets: the chunk's 64 lists of names; new ones are put in front.
        """
        values: list[int | bytes] = [following, self.texts[0]]
        for (name, stored), text in zip(self.names, self.texts[1:], strict=True):
            if stored >= 0:
                offset = base + stored
                bucket = name_hash(name) % _NAME_BUCKETS
                values += (offset, buckets[bucket])
                buckets[bucket] = names[name] = offset
            else:
                values.append(names[name])
            values.append(text)
        return self.packed.pack(*values)


@dataclass(eq=False, slots=True)
class Template:
    """A compiled template; compared by identity."""

    root: Element
    guid: bytes = b""
    identifier: int = 0
    """First four bytes of the GUID, by which an instance names its template."""
    names: tuple[str, ...] = ()
    """Names in order of first use."""
    _layouts: dict[tuple[str, ...], Layout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Derive what the tree decides: its names, and a GUID of its content."""
        self.names = tuple(dict.fromkeys(_names(self.root)))
        self.guid = hashlib.md5(repr(self.root).encode(), usedforsecurity=False).digest()
        self.identifier = int.from_bytes(self.guid[:4], "little")

    def layout(self, new: tuple[str, ...]) -> Layout:
        """The definition where these of its names are not in the chunk yet."""
        found = self._layouts.get(new)
        if found is None:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[new] = self._laid(new)
        return found

    def _laid(self, new: tuple[str, ...]) -> Layout:
        pieces = [FRAGMENT, *_Laying(frozenset(new)).element(self.root), _END]
        size = _size(pieces)
        texts = [self.guid + struct.pack("<I", size)]
        names: list[tuple[str, int]] = []
        position = DEFINITION_HEADER
        for piece in pieces:
            if isinstance(piece, str):
                names.append((piece, -1))
                texts.append(b"")
            elif piece:
                texts[-1] += piece
            else:
                names[-1] = (names[-1][0], position)
            position += len(piece) or 4 if isinstance(piece, bytes) else 4
        form = "<I" + f"{len(texts[0])}s"
        for (_, stored), text in zip(names, texts[1:], strict=True):
            form += ("II" if stored >= 0 else "I") + f"{len(text)}s"
        return Layout(DEFINITION_HEADER + size, struct.Struct(form), tuple(texts), tuple(names))


def _names(element: Element) -> Iterator[str]:
    yield element.name
    for key, _ in element.attributes:
        yield key
    for part in element.content:
        if isinstance(part, Element):
            yield from _names(part)
