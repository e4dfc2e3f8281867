"""Writes Exchange's ECP Server, ECP Activity and OABGenerator logs.

Formats: `#` block, then rows; ECP rows are `time,server,event,data`, a datum with quotes inside
being wrapped in `'...'` with `''`, and the cell then in `"..."` with `""`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from hevesy.simulator.draws import guid
from hevesy.simulator.lines import LineTemplate
from hevesy.simulator.request import read_invented
from hevesy.simulator.scenario import Server, Traits, parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from hevesy.simulator.people import Actor

__all__ = ["TEXT_KINDS", "header", "log_name", "prefix", "text_templates"]

TEXT_KINDS = ("ecp_server", "ecp_activity", "oab_generator")
_ACTORS = 30


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    who: list[str]
    text: str
    rhythm: str = "flat"
    weight: float = 1.0


class _Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line: list[_Line]


@lru_cache(maxsize=1)
def _lines() -> list[_Line]:
    lines: _Lines = parse_toml(read_invented("exchange_logs.toml"), "exchange_logs.toml", _Lines)
    return lines.line


def prefix(kind: str, words: Mapping[str, str]) -> str:
    """What stands before each row's own text."""
    return "@time@," if kind == "oab_generator" else f"@time@,{words['server']},"


def text_templates(
    kind: str, actors: Sequence[Actor], words: Mapping[str, str]
) -> list[LineTemplate]:
    """Background rows of a log, rendered once an actor."""
    made = []
    for line in _lines():
        if line.kind != kind:
            continue
        doers = [actor for actor in actors if actor.device in line.who][:_ACTORS]
        for actor in doers:
            text = prefix(kind, words) + line.text.format_map({**words, **actor.words})
            made.append(LineTemplate(text, line.weight / len(doers), line.rhythm))
    return made


def header(kind: str, traits: Traits, first: str) -> list[str]:
    """The `#` block; `first` is the time of the first row."""
    ecp = "ServerName,EventId,EventData"
    camel = traits.oab_header == "camel"
    oab = (
        "timestamp,recordType,traceId,oabGuid,addressListGuid,message"
        if camel
        else "Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message"
    )
    title, fields = {
        "ecp_server": ("ECP Server Log", f"TimeStamp,{ecp}"),
        "ecp_activity": ("ECP Activity Context Log", f"{traits.ecp_time_column},{ecp}"),
        "oab_generator": ("OAB Generator Log", oab),
    }[kind]
    return [
        "#Software: Microsoft Exchange Server",
        "#Version: 15.0.0.0",
        f"#Log-type: {title}",
        f"#Date: {first}",
        f"#Fields: {fields}",
    ]


def log_name(kind: str, server: Server, day: date) -> str:
    """Windows path of the day's file, below the Exchange folder."""
    process = int(guid(server.name, "ecp process")[:3], 16) * 4 + 2000
    return {
        "ecp_server": f"Logging\\ECP\\Server\\ECPServer{day:%Y%m%d}-1.LOG",
        "ecp_activity": f"Logging\\ECP\\Activity\\ECPActivity_{process}_{day:%Y%m%d}-1.LOG",
        "oab_generator": f"Logging\\OABGeneratorLog\\oabgen{day:%Y%m%d}-1.log",
    }[kind]
