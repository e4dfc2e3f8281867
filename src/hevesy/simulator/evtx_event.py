"""A Windows event as EVTX stores it: what many events share (`EventShape`), and one (`EvtxEvent`).

The elements and their order are those of public samples: a template for `System`, in which
provider, channel and computer stand as text, and a second one for the data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hevesy.simulator.binary_value import ENCODERS, ValueKind
from hevesy.simulator.binary_xml import Element, Slot, Template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Compiled", "EventShape", "EvtxEvent", "Field", "data_template", "system_template"]

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


class Field(NamedTuple):
    """One value of an event's data."""

    name: str
    kind: ValueKind = ValueKind.TEXT


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class EventShape:
    """What many events share; make one and use it for all of them: it is compiled once."""

    provider: str
    channel: str
    computer: str
    event_id: int
    provider_guid: str = ""
    version: int = 0
    level: int = 4
    task: int = 0
    opcode: int = 0
    keywords: int = 0x8000000000000000
    qualifiers: int | None = None
    """Of classic providers alone."""
    fields: tuple[Field, ...] = ()
    """Data in order; none and no `unnamed`: the event has no data at all."""
    unnamed: bool = False
    """Data are texts without names, as classic providers have them; `fields` is empty."""
    user_data: str = ""
    """Element of `UserData` that holds the fields; empty: they are `EventData`."""


class EvtxEvent(NamedTuple):
    """One event."""

    shape: EventShape
    time: int
    """FILETIME: ticks of 100 ns since 1601, UTC."""
    values: Sequence[Any]
    """A value for each field, or the unnamed texts; None is null."""
    process: int = 4
    thread: int = 8
    user: str | None = None
    """SID."""
    activity: str | None = None
    """GUID."""


@lru_cache(maxsize=4096)
def system_template(
    provider: str, guid: str, channel: str, computer: str, *, data: bool
) -> Template:
    """The outer template; its slots are numbered as Windows numbers them.

    Without data there is no slot for it: libevtx drops the whole event where that one is null.
    """
    kind = ValueKind
    named: tuple[tuple[str, str | Slot], ...] = (("Name", provider),)
    if guid:
        named += (("Guid", guid),)
    system = (
        Element("Provider", named),
        Element("EventID", (("Qualifiers", Slot(4, kind.UINT16)),), (Slot(3, kind.UINT16),), 3),
        Element("Version", (), (Slot(11, kind.UINT8),), 11),
        Element("Level", (), (Slot(0, kind.UINT8),), 0),
        Element("Task", (), (Slot(2, kind.UINT16),), 2),
        Element("Opcode", (), (Slot(1, kind.UINT8),), 1),
        Element("Keywords", (), (Slot(5, kind.HEX64),), 5),
        Element("TimeCreated", (("SystemTime", Slot(6, kind.FILETIME)),)),
        Element("EventRecordID", (), (Slot(10, kind.UINT64),), 10),
        Element(
            "Correlation",
            (("ActivityID", Slot(7, kind.GUID)), ("RelatedActivityID", Slot(18, kind.GUID))),
        ),
        Element(
            "Execution",
            (("ProcessID", Slot(8, kind.UINT32)), ("ThreadID", Slot(9, kind.UINT32))),
        ),
        Element("Channel", (), (channel,)),
        Element("Computer", (), (computer,)),
        Element("Security", (("UserID", Slot(12, kind.SID)),)),
    )
    inside: tuple[Element | Slot, ...] = (Element("System", (), system),)
    if data:
        inside += (Slot(19, kind.XML),)
    return Template(Element("Event", (("xmlns", _NAMESPACE),), inside))


@lru_cache(maxsize=4096)
def data_template(fields: tuple[Field, ...], user_data: str, *, unnamed: bool) -> Template | None:
    """The inner template: `EventData`, or `UserData` with its element; None where there is none."""
    if unnamed:
        texts = Element("Data", (), (Slot(0, ValueKind.TEXTS),), 0)
        binary = Element("Binary", (), (Slot(1, ValueKind.BINARY),), 1)
        return Template(Element("EventData", (), (texts, binary)))
    slots = [(field.name, Slot(index, field.kind)) for index, field in enumerate(fields)]
    if user_data:
        inside = tuple(Element(name, (), (slot,)) for name, slot in slots)
        return Template(Element("UserData", (), (Element(user_data, (), inside),)))
    if not fields:
        return None
    named = tuple(Element("Data", (("Name", name),), (slot,)) for name, slot in slots)
    return Template(Element("EventData", (), named))


class Compiled:
    """A shape with its templates and everything of a record that does not change."""

    __slots__ = ("before", "data", "encoders", "shape", "system", "version")

    def __init__(self, shape: EventShape) -> None:
        """Compile; templates are shared between shapes where they are equal."""
        self.shape = shape
        self.data = data_template(shape.fields, shape.user_data, unnamed=shape.unnamed)
        self.system = system_template(
            shape.provider,
            shape.provider_guid,
            shape.channel,
            shape.computer,
            data=self.data is not None,
        )
        self.encoders: tuple[Callable[[Any], tuple[int, bytes]], ...] = tuple(
            ENCODERS[field.kind] for field in shape.fields
        )
        self.before = struct.pack("<BBHH", shape.level, shape.opcode, shape.task, shape.event_id)
        if shape.qualifiers is not None:
            self.before += struct.pack("<H", shape.qualifiers)
        self.before += struct.pack("<Q", shape.keywords)
        self.version = bytes([shape.version])

    def values(self, values: Sequence[Any]) -> bytes:
        """The inner template's values: their number, descriptors, bytes.

        A value too long for its descriptor is let through: its record fits no chunk either.

        Raises:
            ValueError: there are more or fewer than the shape has fields.
        """
        if self.shape.unnamed:
            kind, data = ENCODERS[ValueKind.TEXTS](values)
            return struct.pack("<III", 2, len(data) | kind << 16, ValueKind.BINARY << 16) + data
        heads, parts = [len(self.encoders)], []
        for encode, value in zip(self.encoders, values, strict=True):
            if value is None:
                heads.append(0)
                continue
            kind, data = encode(value)
            heads.append(len(data) | kind << 16)
            parts.append(data)
        return b"".join((struct.pack(f"<{len(heads)}I", *heads), *parts))
