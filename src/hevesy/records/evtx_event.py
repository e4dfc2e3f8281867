"""The JSON that the EVTX parser writes, as types: most events are decoded without a search.

Whatever is written otherwise than these types say is no error: it is left to `windows_event`, which
takes any dialect. What both make of an event is the same, and a property test says so.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Any

import msgspec

__all__ = ["TypedEvent", "decode", "plain", "system_of"]

_Scalar = int | str | None
_Filled = Annotated[str, msgspec.Meta(min_length=1)]


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
    number: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)] = _named("EventRecordID")
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


class TypedEvent(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What stands under `Event`."""

    system: _System = _named("System")
    attributes: Any = _absent("#attributes")
    data: dict[str, Any] | None = _absent("EventData")
    user_data: dict[str, Any] | None = _absent("UserData")
    rendering: _Rendering = _absent("RenderingInfo", _NO_RENDERING)


class _Record(msgspec.Struct, frozen=True, gc=False):
    event: TypedEvent = _named("Event")


_DECODER = msgspec.json.Decoder(_Record)

_SYSTEM = attrgetter(
    "system.time.attributes.system_time",
    "system.channel",
    "system.provider.attributes.name",
    "system.event",
    "system.number",
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


def decode(raws: list[str]) -> list[TypedEvent | None]:
    """Events of JSON records; None for one that is written otherwise than the types say."""
    one = _DECODER.decode
    try:
        return [one(raw).event for raw in raws]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return [_decode_one(raw) for raw in raws]


def _decode_one(raw: str) -> TypedEvent | None:
    try:
        return _DECODER.decode(raw).event
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def system_of(events: list[TypedEvent]) -> list[tuple[Any, ...]]:
    """What `System` says of each, in the order of `windows_event.Event`, `fields` left out.

    A value may be of any type that `plain` knows.
    """
    return list(map(_SYSTEM, events))


def plain(value: Any) -> Any:  # noqa: ANN401  # a JSON value
    """The value that one of the types above holds; any other value as it is."""
    kind = type(value)
    if kind is _Qualified:
        return value.text
    if kind is _Security or kind is _Correlation:
        return value.attributes.value
    return value
