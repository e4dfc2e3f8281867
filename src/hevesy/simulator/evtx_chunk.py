"""One chunk of an EVTX file while it is filled: records, names, templates, checksums.

64 KiB: a header of 512 bytes (numbers, checksums, 64 lists of names, 32 lists of templates) and
records one after the other. Layout after
https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from hevesy.simulator.binary_value import ENCODERS, ValueKind
from hevesy.simulator.binary_xml import FRAGMENT, Layout, Template
from hevesy.simulator.evtx_event import Compiled

if TYPE_CHECKING:
    from hevesy.simulator.evtx_event import EvtxEvent

__all__ = ["CHUNK_HEADER", "CHUNK_SIZE", "Chunk", "record_size"]

CHUNK_SIZE = 65_536
CHUNK_HEADER = 512
_MOST = CHUNK_SIZE - 8
"""Where the last record ends at most: no chunk of the public samples is filled to its end, and
libevtx loses a record that ends with its chunk."""
_FLAGS = 1
"""As every chunk of the public samples has it."""
_NAME_LISTS = 64
_TEMPLATE_LISTS = 32
_SYSTEM_SLOTS = 20
_RECORD_HEADER = 24
_INSTANCE = len(FRAGMENT) + 10
"""Bytes of an instance before its values: fragment, token, version, template's id and offset."""

_pack_record = struct.Struct("<4sIQQ").pack
_pack_instance = struct.Struct("<4sBBII").pack
_pack_numbers = struct.Struct("<IIQ").pack
_pack_word = struct.Struct("<I").pack
_pack_long = struct.Struct("<Q").pack


class Chunk:
    """Takes records until one does not fit."""

    def __init__(self, first_number: int, first_id: int) -> None:
        """Begin with the number, in the file, and the id of the first record."""
        self._number, self._id = first_number, first_id
        self.count = 0
        self._parts: list[bytes] = []
        self.free = CHUNK_HEADER
        """Where the next record begins."""
        self.last = 0
        """Where the last one begins."""
        self._names: dict[str, int] = {}
        self._name_lists = [0] * _NAME_LISTS
        self._templates: dict[Template, int] = {}
        self._template_lists = [0] * _TEMPLATE_LISTS

    def add(self, event: EvtxEvent, compiled: Compiled) -> bool:
        """Append a record; False, and nothing done, where it does not fit.

        Raises:
            ValueError: a value cannot be stored.
        """
        values = compiled.values(event.values) if compiled.data is not None else b""
        user = ENCODERS[ValueKind.SID](event.user)[1] if event.user else b""
        activity = ENCODERS[ValueKind.GUID](event.activity)[1] if event.activity else b""
        layouts = self._missing(compiled)
        data_size = (
            _INSTANCE + _size(layouts, compiled.data) + len(values) + 1 if compiled.data else 0
        )
        content = (
            _INSTANCE
            + _size(layouts, compiled.system)
            + 4
            + 4 * _SYSTEM_SLOTS
            + len(compiled.before)
            + len(activity)
            + len(user)
            + 25  # time, process, thread, record id and version
            + data_size
            + 1
        )
        size = _RECORD_HEADER + content + 4
        size += -size % 8
        if self.free + size > _MOST:
            return False
        number = self._id + self.count
        # the order matters: laying a template gives names to those behind it
        system = self._instance(compiled.system, self.free + _RECORD_HEADER, layouts)
        behind = self.free + _RECORD_HEADER + content - 1 - data_size
        data = self._instance(compiled.data, behind, layouts) if compiled.data else b""
        self._parts += (
            _pack_record(b"\x2a\x2a\0\0", size, number, event.time),
            system,
            _heads(len(compiled.before), len(activity), len(user)),
            _pack_word(data_size | (ValueKind.XML << 16 if data_size else 0)),
            compiled.before,
            _pack_long(event.time),
            activity,
            _pack_numbers(event.process, event.thread, number),
            compiled.version,
            user,
            data,
            values,
            # ends the inner and the outer fragment; then up to the next multiple of 8
            bytes(size - _RECORD_HEADER - content - 4 + (2 if data_size else 1)),
            _pack_word(size),
        )
        self.last = self.free
        self.free += size
        self.count += 1
        return True

    def _missing(self, compiled: Compiled) -> dict[Template, Layout]:
        """Definitions that the record must bring with it."""
        found: dict[Template, Layout] = {}
        known = self._templates
        if compiled.system not in known:
            names = compiled.system.names
            found[compiled.system] = compiled.system.layout(
                tuple(name for name in names if name not in self._names)
            )
        if compiled.data is not None and compiled.data not in known:
            before = compiled.system.names if compiled.system in found else ()
            found[compiled.data] = compiled.data.layout(
                tuple(
                    name
                    for name in compiled.data.names
                    if name not in self._names and name not in before
                )
            )
        return found

    def _instance(self, template: Template, at: int, layouts: dict[Template, Layout]) -> bytes:
        """An instance without its values, at offset `at`, its definition inside if it is new."""
        identifier = template.identifier
        layout = layouts.get(template)
        if layout is None:
            return _pack_instance(FRAGMENT, 0x0C, 1, identifier, self._templates[template])
        base = at + _INSTANCE
        place = identifier % _TEMPLATE_LISTS
        head = _pack_instance(FRAGMENT, 0x0C, 1, identifier, base)
        body = layout.lay(base, self._template_lists[place], self._names, self._name_lists)
        self._templates[template] = self._template_lists[place] = base
        return head + body

    def finish(self) -> bytes:
        """The whole chunk, checksums right."""
        records = b"".join(self._parts)
        last = self.count - 1
        head = struct.pack(
            "<8sQQQQIIII",
            b"ElfChnk\0",
            self._number,
            self._number + last,
            self._id,
            self._id + last,
            128,
            self.last,
            self.free,
            zlib.crc32(records),
        )
        head = head.ljust(120, b"\0")
        tables = struct.pack(
            f"<{_NAME_LISTS + _TEMPLATE_LISTS}I", *self._name_lists, *self._template_lists
        )
        check = zlib.crc32(tables, zlib.crc32(head))
        whole = head + struct.pack("<II", _FLAGS, check) + tables + records
        return whole.ljust(CHUNK_SIZE, b"\0")


def record_size(event: EvtxEvent) -> int:
    """Bytes of the event's record where the chunk has its templates already.

    Raises:
        ValueError: it does not fit a chunk twice.
    """
    chunk, compiled = Chunk(1, 1), Compiled(event.shape)
    if not (chunk.add(event, compiled) and chunk.add(event, compiled)):
        raise ValueError(f"event {event.shape.event_id} is too large to be measured")
    return chunk.free - chunk.last


def _size(layouts: dict[Template, Layout], template: Template) -> int:
    layout = layouts.get(template)
    return layout.size if layout is not None else 0


@lru_cache(maxsize=1024)
def _heads(before: int, activity: int, user: int) -> bytes:
    """Number of the outer slots, and the descriptors of all but the last."""
    kind = ValueKind
    qualifiers = 2 if before == 16 else 0  # noqa: PLR2004  # without them the six values have 14
    heads = [
        (1, kind.UINT8),
        (1, kind.UINT8),
        (2, kind.UINT16),
        (2, kind.UINT16),
        (qualifiers, kind.UINT16 if qualifiers else kind.NULL),
        (8, kind.HEX64),
        (8, kind.FILETIME),
        (activity, kind.GUID if activity else kind.NULL),
        (4, kind.UINT32),
        (4, kind.UINT32),
        (8, kind.UINT64),
        (1, kind.UINT8),
        (user, kind.SID if user else kind.NULL),
        *[(0, kind.NULL)] * 6,
    ]
    packed = (struct.pack("<HBB", size, number, 0) for size, number in heads)
    return _pack_word(_SYSTEM_SLOTS) + b"".join(packed)
