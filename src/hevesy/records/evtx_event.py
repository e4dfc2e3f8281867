"""The JSON that the EVTX parser writes, as types: most events are decoded without a search.

Whatever is written otherwise than these types say is no error: it is left to `windows_event`, which
takes any dialect. What both make of an event is the same, and a property test says so.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec

__all__ = ["EventDecoder", "EventParts", "plain"]

_Scalar = int | str | None
_Filled = Annotated[str, msgspec.Meta(min_length=1)]
_Whole = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
_Digits = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
"""A log that was exported again holds its numbers as text."""


def _named(name: str) -> Any:  # noqa: ANN401  # what msgspec says it returns
    """A field that goes by a name which Python does not allow, or does not like."""
    return msgspec.field(name=name)


def _absent(name: str, default: Any = None) -> Any:  # noqa: ANN401  # likewise
    return msgspec.field(name=name, default=default)


class _ProviderName(msgspec.Struct, frozen=True, gc=False):
    name: str | None = _absent("Name")


class _Provider(msgspec.Struct, frozen=True, gc=False):
    attributes: _ProviderName = _named("#attributes")


class _SystemTime(msgspec.Struct, frozen=True, gc=False):
    system_time: _Filled = _named("SystemTime")


class _TimeCreated(msgspec.Struct, frozen=True, gc=False):
    attributes: _SystemTime = _named("#attributes")


class _Qualified(msgspec.Struct, frozen=True, gc=False):
    text: _Scalar = _named("#text")


class _Ids(msgspec.Struct, frozen=True, gc=False):
    process: _Scalar = _absent("ProcessID")
    thread: _Scalar = _absent("ThreadID")


class _Execution(msgspec.Struct, frozen=True, gc=False):
    attributes: _Ids = _named("#attributes")


class _UserId(msgspec.Struct, frozen=True, gc=False):
    value: str | None = _absent("UserID")


class _Security(msgspec.Struct, frozen=True, gc=False):
    attributes: _UserId = _named("#attributes")


class _ActivityId(msgspec.Struct, frozen=True, gc=False):
    value: str | None = _absent("ActivityID")


class _Correlation(msgspec.Struct, frozen=True, gc=False):
    attributes: _ActivityId = _named("#attributes")


class _Rendering(msgspec.Struct, frozen=True, gc=False):
    message: str | None = _absent("Message")


_NO_EXECUTION = _Execution(_Ids())
_NO_RENDERING = _Rendering()


class _System(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """https://learn.microsoft.com/windows/win32/wes/eventschema-systempropertiestype-complextype."""

    provider: _Provider = _named("Provider")
    time: _TimeCreated = _named("TimeCreated")
    number: _Whole | _Digits = _named("EventRecordID")
    event: int | str | _Qualified | None = _absent("EventID")
    version: Any = _absent("Version")
    level: _Scalar = _absent("Level")
    task: _Scalar = _absent("Task")
    opcode: _Scalar = _absent("Opcode")
    keywords: _Scalar = _absent("Keywords")
    correlation: _Correlation | None = _absent("Correlation")
    execution: _Execution = _absent("Execution", _NO_EXECUTION)
    channel: _Filled | None = _absent("Channel")
    computer: _Filled | None = _absent("Computer")
    security: _Security | None = _absent("Security")


class _Event(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What stands under `Event`."""

    system: _System = _named("System")
    attributes: msgspec.Raw = _absent("#attributes", msgspec.Raw())
    data: dict[str, Any] | None = _absent("EventData")
    user_data: dict[str, Any] | None = _absent("UserData")
    rendering: _Rendering = _absent("RenderingInfo", _NO_RENDERING)


class _Record(msgspec.Struct, frozen=True, gc=False):
    event: _Event = _named("Event")


_DECODER = msgspec.json.Decoder(_Record)
_DATA = msgspec.json.Decoder(dict[str, Any])
_ALL_DATA = msgspec.json.Decoder(list[dict[str, Any]])
_FAILED = (msgspec.DecodeError, UnicodeError, RecursionError)

_SYSTEM = attrgetter(
    "system.channel",
    "system.provider.attributes.name",
    "system.event",
    "system.computer",
    "system.level",
    "system.keywords",
    "system.task",
    "system.opcode",
    "system.execution.attributes.process",
    "system.execution.attributes.thread",
    "system.security",
    "system.correlation",
    "rendering.message",
)

_TIME = '"SystemTime":"'
_NUMBERED = re.compile(r'([^"\\]{1,40})"}},"EventRecordID":([0-9]{1,18})(?=,)')
"""The rest of the time, and the number: `TimeCreated` and `EventRecordID` stand side by side."""
_EVENT_DATA = '},"EventData":{'
_MOST_KNOWN = 4_096


class EventParts(NamedTuple):
    """Events whose parts are told apart: a value in each list for each."""

    systems: list[tuple[Any, ...]]
    """What `System` says, in the order of `windows_event.Event` without time, number and fields;
    the same object for events that say the same. A value is of a type that `plain` knows."""
    times: list[str]
    numbers: list[int]
    data: list[dict[str, Any]]
    user_data: dict[int, dict[str, Any]]
    """By place, where there is any: such an event has no other data."""
    strange: bool
    """Whether one of them is written otherwise than the types say: what stands here is nothing."""


class EventDecoder:
    """Decodes events, and remembers what stands around their time, number and data.

    Most events of a log differ from one before them in these alone: then only the data need be
    decoded. That is safe where the text around them is the same to the last character, and holds
    no backslash and no second name like theirs: then JSON cannot mean anything else by it.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: dict[tuple[str, str], tuple[Any, ...]] = {}

    def decode(self, raws: list[str]) -> EventParts:
        """Parts of JSON records, whose text is JSON without doubt: the EVTX parser wrote it."""
        parts = EventParts([], [], [], [], {}, strange=False)
        add_system, add_time = parts.systems.append, parts.times.append
        texts: list[str] = []
        whole: dict[int, _Event] = {}
        for place, raw in enumerate(raws):
            start = raw.find(_TIME) + 14
            numbered = _NUMBERED.match(raw, start)
            if numbered is not None:
                comma = numbered.end()
                tail = raw.find(_EVENT_DATA, comma)
                system = self._known.get((raw[:start], raw[comma:tail]))
                if system is not None:
                    time, number = numbered.groups()
                    add_system(system)
                    add_time(time)
                    parts.numbers.append(int(number))
                    texts.append(raw[tail + 14 : -2])
                    continue
            event = self._whole(raw)
            if event is None:
                return parts._replace(strange=True)
            whole[place] = event
            add_system(_SYSTEM(event))
            add_time(event.system.time.attributes.system_time)
            parts.numbers.append(int(event.system.number))
            texts.append("{}")
        try:
            parts.data[:] = _ALL_DATA.decode(f"[{','.join(texts)}]")
        except _FAILED:
            return _all_whole(raws)
        if len(parts.data) != len(raws):
            return _all_whole(raws)
        for place, event in whole.items():
            _add_data(parts, place, event)
        return parts

    def _whole(self, raw: str) -> _Event | None:
        """Decode all of a record, and keep what stands around that which may differ."""
        event = _typed(raw)
        if event is None:
            return None
        time = f"{_TIME}{event.system.time.attributes.system_time}"
        text = f'{time}"}}}},"EventRecordID":{event.system.number},'
        place = raw.find(text)
        comma = place + len(text) - 1
        tail = raw.find(_EVENT_DATA, comma)
        around = raw[:tail]
        plain_text = place >= 0 and tail >= 0 and "\\" not in around
        once = around.count('"SystemTime"') == around.count('"EventRecordID"') == 1
        if plain_text and once and _is_all(event, raw[tail + 14 : -2]):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[raw[: place + len(_TIME)], raw[comma:tail]] = _SYSTEM(event)
        return event


def _typed(raw: str) -> _Event | None:
    """The event of a record; None where it is not of the types above, or has data of both kinds."""
    try:
        event = _DECODER.decode(raw).event
    except _FAILED:
        return None
    return None if event.data and event.user_data else event


def _is_all(event: _Event, text: str) -> bool:
    """Whether a text is the data of an event that has nothing else beside `System`."""
    try:
        data = _DATA.decode(text)
    except _FAILED:
        return False
    return event.user_data is None and data == event.data


def _all_whole(raws: list[str]) -> EventParts:
    """Parts of records of which one holds something behind its data."""
    parts = EventParts([], [], [], [], {}, strange=False)
    for place, raw in enumerate(raws):
        event = _typed(raw)
        if event is None:
            return parts._replace(strange=True)
        parts.systems.append(_SYSTEM(event))
        parts.times.append(event.system.time.attributes.system_time)
        parts.numbers.append(int(event.system.number))
        parts.data.append({})
        _add_data(parts, place, event)
    return parts


def _add_data(parts: EventParts, place: int, event: _Event) -> None:
    parts.data[place] = event.data or {}
    if event.user_data is not None:
        parts.user_data[place] = event.user_data


def plain(value: Any) -> Any:  # noqa: ANN401  # a JSON value
    """The value that one of the types above holds; any other value as it is."""
    kind = type(value)
    if kind is _Qualified:
        return value.text
    if kind is _Security or kind is _Correlation:
        return value.attributes.value
    return value
