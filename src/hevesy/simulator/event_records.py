"""Events in words, as `nested` JSON lines -> events as EVTX stores them.

A scenario's lines are made as text, whatever they end up in; here is where their values get the
types that the provider's manifest gives them, and `System` what stands beside the id.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from hevesy.simulator.binary_value import ValueKind, file_time
from hevesy.simulator.clock import Clock
from hevesy.simulator.draws import Draws
from hevesy.simulator.evtx_chunk import record_size
from hevesy.simulator.evtx_event import EventShape, EvtxEvent, Field
from hevesy.simulator.lines import LineTemplate, fill
from hevesy.simulator.request import read_invented
from hevesy.simulator.scenario import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["evtx_events", "with_record_sizes"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PROCESSES = 64
"""Process and thread ids are multiples of 4, few of each: a provider's own process logs."""


class _Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    guid: str = ""
    level: int | None = None
    keywords: int = 0x80000000000000
    qualifiers: int | None = None
    events: dict[str, tuple[int, int]] = {}
    kinds: dict[str, list[str]] = {}


class _Providers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provider: list[_Provider]


class _Name(msgspec.Struct, frozen=True):
    name: str = msgspec.field(name="Name")


class _NameOf(msgspec.Struct, frozen=True):
    attributes: _Name = msgspec.field(name="#attributes")


class _Moment(msgspec.Struct, frozen=True):
    time: str = msgspec.field(name="SystemTime")


class _MomentOf(msgspec.Struct, frozen=True):
    attributes: _Moment = msgspec.field(name="#attributes")


class _System(msgspec.Struct, frozen=True, rename="pascal"):
    provider: _NameOf
    level: int
    time_created: _MomentOf
    channel: str
    computer: str
    event_id: int = msgspec.field(name="EventID")


class _Rendering(msgspec.Struct, frozen=True, rename="pascal"):
    message: str


class _Event(msgspec.Struct, frozen=True, rename="pascal"):
    system: _System
    event_data: dict[str, Any] | None = None
    rendering_info: _Rendering | None = None


class _Line(msgspec.Struct, frozen=True, rename="pascal"):
    event: _Event


@lru_cache(maxsize=1)
def _providers() -> dict[str, _Provider]:
    name = "event_values.toml"
    known: _Providers = parse_toml(read_invented(name), name, _Providers)
    return {provider.name: provider for provider in known.provider}


def evtx_events(lines: Iterable[str]) -> Iterator[EvtxEvent]:
    """Each line of the `nested` dialect as an event of EVTX.

    A rendered message is not stored, as in EVTX; where an event has no other data it is its one
    unnamed text. A value that is not of its field's type is stored as text.

    Args:
        lines: as `event_line` makes them, tokens filled.

    Raises:
        ValueError: a line is no such event.
    """
    decode = msgspec.json.Decoder(_Line).decode
    shapes: dict[tuple[object, ...], EventShape] = {}
    for number, line in enumerate(lines):
        event = decode(line).event
        system, data = event.system, event.event_data
        names, values = _data(data, event.rendering_info)
        key = (system.provider.attributes.name, system.event_id, system.computer, names)
        shape = shapes.get(key)
        if shape is None:
            shape = shapes[key] = _shape(system, names)
        moment = datetime.fromisoformat(system.time_created.attributes.time)
        yield EvtxEvent(
            shape,
            file_time((moment - _EPOCH) // _MILLISECOND),
            values,
            process=(number * 7 % _PROCESSES + 100) * 4,
            thread=(number * 11 % _PROCESSES + 700) * 4,
        )


def with_record_sizes(templates: Sequence[LineTemplate]) -> list[LineTemplate]:
    """The templates, each with the size of its record instead of that of its text."""
    if not templates:
        return []
    rows = pl.DataFrame({"time": [0] * len(templates), "text": [one.text for one in templates]})
    lines = fill(rows, Clock(date(2021, 1, 1)), Draws("record sizes"))
    return [
        replace(template, size=record_size(event))
        for template, event in zip(templates, evtx_events(lines), strict=True)
    ]


def _data(
    data: dict[str, Any] | None, rendering: _Rendering | None
) -> tuple[tuple[str, ...] | None, list[Any]]:
    """Names, None where the values have none, and values."""
    if not data:
        return (None, [rendering.message]) if rendering is not None else ((), [])
    unnamed = data.get("Data")
    if isinstance(unnamed, dict):
        return None, unnamed["#text"]
    return tuple(data), list(data.values())


def _shape(system: _System, names: tuple[str, ...] | None) -> EventShape:
    name = system.provider.attributes.name
    known = _providers().get(name) or _Provider(name=name)
    version, task = known.events.get(str(system.event_id), (0, 0))
    kinds = {
        field: ValueKind[kind.upper()] for kind, fields in known.kinds.items() for field in fields
    }
    return EventShape(
        provider=name,
        provider_guid=known.guid,
        channel=system.channel,
        computer=system.computer,
        event_id=system.event_id,
        version=version,
        task=task,
        level=system.level if known.level is None else known.level,
        keywords=known.keywords,
        qualifiers=known.qualifiers,
        fields=tuple(Field(field, kinds.get(field, ValueKind.TEXT)) for field in names or ()),
        unnamed=names is None,
    )
