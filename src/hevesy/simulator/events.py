"""Writes Windows events as JSON lines: the event in words, its dialects, and a day of them.

Dialects: `flat` (fields beside the system ones, as forwarders such as NXLog write them), `nested`
(`Event.System` and `Event.EventData`, as EVTX dumpers write them), `winlogbeat`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from hevesy.simulator.event import Event
from hevesy.simulator.lines import LineTemplate
from hevesy.simulator.processes import process_events
from hevesy.simulator.request import read_invented
from hevesy.simulator.scenario import Traits, parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.simulator.people import Actor

__all__ = ["Event", "channels", "event_line", "event_templates"]

_ACTORS = 24
_GUIDS = {
    "Microsoft-Windows-Security-Auditing": "{54849625-5478-4994-A5BA-3E3B0328C30D}",
    "Microsoft-Windows-Sysmon": "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
}
_CMDLET = {
    1: "Cmdlet {spelling}. Cmdlet {0}, parameters {1}.",
    6: "Cmdlet failed. Cmdlet {0}, parameters {1}.",
}


class _Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    share: float


class _Events(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: list[_Channel]
    event: list[Event]


@lru_cache(maxsize=2)
def _events(background: str) -> _Events:
    name = "events.toml"
    events: _Events = parse_toml(read_invented(name), name, _Events)
    if background == "exchange":
        return events
    name = "distinct_events.toml"
    more: _Events = parse_toml(read_invented(name), name, _Events)
    return _Events(more.channel, [*events.event, *more.event, *process_events()])


def channels(background: str) -> dict[str, float]:
    """Channel -> its part of the bytes of Windows events; `background` is a scenario's `events`."""
    return {channel.name: channel.share for channel in _events(background).channel}


def event_templates(
    channel: str,
    actors: Sequence[Actor],
    words: Mapping[str, str],
    traits: Traits,
    background: str = "exchange",
) -> list[LineTemplate]:
    """Background events of a channel, rendered once an actor."""
    made = []
    for event in _events(background).event:
        if event.channel != channel:
            continue
        doers = [actor for actor in actors if actor.device in event.who][:_ACTORS]
        for actor in doers:
            text = event_line(event, {**words, **actor.words}, traits)
            made.append(LineTemplate(text, event.weight / len(doers), event.rhythm))
    return made


def event_line(event: Event, words: Mapping[str, str], traits: Traits) -> str:
    """The event as one JSON line; `@tokens@` still stand in it."""
    named = {key: value.format_map(words) for key, value in event.data.items()}
    listed = [value.format_map(words) for value in event.positional]
    message = _message(event, named, listed, words, traits)
    dialect = _dialect(traits)
    if dialect == "flat":
        shape = _flat(event, named, listed if not message else (), words)
    elif dialect == "nested":
        shape = _nested(event, named, listed, words)
    else:
        shape = _winlogbeat(event, named, listed, words)
    if message:
        _put_message(shape, message, traits)
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":"))


def _dialect(traits: Traits) -> str:
    """How an event is written as a line; EVTX is made of `nested` lines."""
    return "nested" if traits.event_format == "evtx" else traits.events


def _message(
    event: Event,
    named: Mapping[str, str],
    listed: Sequence[str],
    words: Mapping[str, str],
    traits: Traits,
) -> str:
    if listed:
        if not traits.cmdlet_message:
            return ""
        return _CMDLET[event.id].format(*listed, spelling=traits.cmdlet_spelling)
    title = event.title.format_map(words)
    if not named:
        return title
    if event.provider.endswith("Sysmon"):
        return "\r\n".join([f"{title}:", *(f"{key}: {value}" for key, value in named.items())])
    return "\r\n".join([title, "", *(f"\t{key}:\t{value}" for key, value in named.items())])


def _put_message(shape: dict[str, Any], message: str, traits: Traits) -> None:
    dialect = _dialect(traits)
    if dialect == "nested":
        shape["Event"]["RenderingInfo"] = {"Message": message}
    elif dialect == "winlogbeat":
        shape["message"] = message
    else:
        shape["Message"] = message


def _flat(
    event: Event, named: Mapping[str, str], listed: Sequence[str], words: Mapping[str, str]
) -> dict[str, Any]:
    provider = _GUIDS.get(event.provider)
    return (
        {"SourceName": event.provider}
        | ({"ProviderGuid": provider} if provider else {})
        | {
            "Level": event.level,
            "Keywords": "0x8000000000000000",
            "Channel": event.channel,
            "Hostname": words["fqdn"],
            "TimeCreated": "@time@",
            "@timestamp": "@time@",
            "EventID": event.id,
            "Task": str(event.id),
            **named,
        }
        | ({"Data": list(listed)} if listed else {})
    )


def _nested(
    event: Event, named: Mapping[str, str], listed: Sequence[str], words: Mapping[str, str]
) -> dict[str, Any]:
    guid = _GUIDS.get(event.provider)
    name = {"Name": event.provider} | ({"Guid": guid.strip("{}")} if guid else {})
    system = {
        "Provider": {"#attributes": name},
        "EventID": event.id,
        "Level": int(event.level),
        "Keywords": "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": "@time@"}},
        "Channel": event.channel,
        "Computer": words["fqdn"],
    }
    data: Any = {"Data": {"#text": list(listed)}} if listed else dict(named)
    return {"Event": {"System": system, "EventData": data or None}}


def _winlogbeat(
    event: Event, named: Mapping[str, str], listed: Sequence[str], words: Mapping[str, str]
) -> dict[str, Any]:
    numbered = {f"param{number}": value for number, value in enumerate(listed, start=1)}
    return {
        "@timestamp": "@time@",
        "event": {"code": str(event.id), "provider": event.provider, "kind": "event"},
        "host": {"name": words["fqdn"]},
        "winlog": {
            "channel": event.channel,
            "provider_name": event.provider,
            "event_id": str(event.id),
            "computer_name": words["fqdn"],
            "event_data": {**named, **numbered},
        },
    }
