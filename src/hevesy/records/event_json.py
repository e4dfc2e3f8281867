"""Kind `event_json`: Windows events as JSON, a line an event, in the dialects of those who export.

- flat: names at the top (`EventID`, `Channel`, `Hostname`, `SourceName`): NXLog, OTRF datasets,
  `Get-WinEvent | ConvertTo-Json`
- nested: `{"Event": {"System": .., "EventData": ..}}`: evtx_dump, Zircolite, Velociraptor
- winlogbeat: `winlog.event_data.CommandLine`, dotted or nested; before version 7 `event_data`

A JSON array, and objects that span lines, are read too: see `json_rows`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO

from hevesy.records.batch import Batch, Parser
from hevesy.records.event_columns import EventColumns
from hevesy.records.file_text import decode_text
from hevesy.records.json_rows import JsonRows
from hevesy.records.windows_event import (
    LEVELS,
    Event,
    flatten,
    integer,
    nested_event,
    positional,
    text,
    with_message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.model import Source
    from hevesy.records.wanted import Wanted

__all__ = ["PARSER", "parse", "read_event", "recognise"]

_START = re.compile(r"\s*(?:Record \d+\s*)?[\[{]")
_MARKS = (
    (re.compile(r'"EventI[dD]"'), re.compile(r'"(?:Channel|SourceName|Provider\w*|System)"')),
    (re.compile(r'"winlog[".]'), re.compile(r'"(?:winlog\.)?event_id"')),
    (re.compile(r'"event_id"'), re.compile(r'"(?:log_name|event_data)[".]')),
    (re.compile(r'"LogName"'), re.compile(r'"ProviderName"')),
)


def recognise(head: bytes, path: str) -> bool:  # noqa: ARG001  # content alone decides
    """JSON that begins with an object or an array, and names what only Windows events name."""
    beginning = decode_text(head)
    if not _START.match(beginning):
        return False
    return any(one.search(beginning) and two.search(beginning) for one, two in _MARKS)


def parse(
    source: Source,  # noqa: ARG001  # the rows say all
    stream: BinaryIO,
    wanted: Wanted | None = None,  # noqa: ARG001  # see below
) -> Iterator[Batch]:
    r"""Read every event.

    `wanted` is not used: JSON may write any character as `\u0041`, and the ledger needs the
    time, channel and computer of every event anyway.

    Args:
        source: Not used.
        stream: Read forwards to its end.
        wanted: Ignored.

    Yields:
        Frames of table `windows` with the line number as `record`; at least one batch.
    """
    columns = EventColumns()
    rows = JsonRows(stream)
    taken = 0
    for row in rows:
        if row.value is None:
            columns.damage(row.line, row.reason, row.raw)
            continue
        event = read_event(row.value)
        if event is None:
            columns.damage(row.line, "JSON, but no Windows event", row.raw)
            continue
        if columns.full:
            yield columns.take(rows.size - taken)
            taken = rows.size
        columns.add(event, row.raw, row.line)
    yield columns.take(rows.size - taken)


def read_event(row: Any) -> Event | None:  # noqa: ANN401  # what a JSON decoder returns
    """One JSON value as an event, in whichever dialect; None where it holds none."""
    if not isinstance(row, dict):
        return None
    inner = row.get("_source")
    if isinstance(inner, dict):
        row = inner
    for outer in (row.get("Event"), row):
        if isinstance(outer, dict) and "System" in outer:
            return nested_event(outer, row.get("Message"))
    if "winlog" in row or "winlog.event_id" in row:
        return _winlogbeat(row, "winlog")
    if "event_id" in row:
        return _winlogbeat(row, "")
    if "EventID" in row or "EventId" in row or ("Id" in row and "LogName" in row):
        return _flat(row)
    return None


_FLAT: tuple[tuple[str, ...], ...] = (
    ("TimeCreated", "@timestamp", "EventTime"),
    ("Channel", "LogName"),
    ("SourceName", "ProviderName", "Provider_Name", "Provider"),
    ("EventID", "EventId", "Id"),
    ("EventRecordID", "RecordNumber", "RecordId"),
    ("Hostname", "Computer", "MachineName", "ComputerName", "host"),
    ("Level",),
    ("Keywords",),
    ("Task",),
    ("Opcode",),
    ("ExecutionProcessID", "Execution_ProcessID"),
    ("ExecutionThreadID", "Execution_ThreadID"),
    ("UserID",),
    ("ActivityID",),
    ("Message",),
)
"""Names of the flat dialect, in the order of `Event`, the most trustworthy first."""

_ALTERNATIVES = tuple(
    (position, names[1:]) for position, names in enumerate(_FLAT) if len(names) > 1
)
_LEVEL = 6
_NUMBERS = frozenset({3, 4, _LEVEL, 10, 11})


def _flat(row: dict[str, Any]) -> Event:
    rest = dict(row)
    system = [rest.pop(names[0], None) for names in _FLAT]
    for position, names in _ALTERNATIVES:
        for name in names:
            if system[position] is None:
                system[position] = rest.pop(name, None)
    for position, value in enumerate(system):
        if position in _NUMBERS:
            system[position] = integer(value)
        elif type(value) is not str:
            system[position] = text(value)
    system[_LEVEL] = _level(row.get("Level"))
    rest.pop("@timestamp", None)
    properties = rest.pop("Properties", None)
    fields: dict[str, str] = {}
    flatten(rest, fields)
    if isinstance(properties, list):
        positional(properties, fields)
    return with_message(Event._make([*system, fields]))


def _winlogbeat(row: dict[str, Any], prefix: str) -> Event:
    """Fields as https://www.elastic.co/docs/reference/beats/winlogbeat/exported-fields-winlog."""

    def of(*path: str) -> Any:  # noqa: ANN401  # what a JSON decoder returns
        return _dig(row, path)

    def winlog(*path: str) -> Any:  # noqa: ANN401  # what a JSON decoder returns
        return _dig(row, (prefix, *path) if prefix else path)

    fields: dict[str, str] = {}
    for part in ("event_data", "user_data"):
        flatten(_below(row, (prefix, part) if prefix else (part,)), fields)
    fields.pop("xml_name", None)
    provider = text(winlog("provider_name") or winlog("source_name"))
    level = winlog("level") or of("log", "level")
    return with_message(
        Event(
            time=text(winlog("time_created") or of("@timestamp")),
            channel=text(winlog("channel") or winlog("log_name")),
            provider=provider,
            event_id=integer(winlog("event_id")),
            record_id=integer(winlog("record_id") or winlog("record_number")),
            computer=text(winlog("computer_name") or of("host", "name") or of("host", "hostname")),
            level=_level(level),
            keywords=text(winlog("keywords")),
            task=text(winlog("task")),
            opcode=text(winlog("opcode")),
            process=integer(winlog("process", "pid") or winlog("process_id")),
            thread=integer(winlog("process", "thread", "id") or winlog("thread_id")),
            user=text(winlog("user", "identifier")),
            activity=text(winlog("activity_id")),
            message=text(of("message")),
            fields=fields,
        )
    )


def _level(value: Any) -> int | None:  # noqa: ANN401  # a JSON value
    """A level as number, from its number or its English name."""
    number = integer(value)
    return LEVELS.get(str(value).lower()) if number is None else number


def _dig(row: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401  # a JSON value
    """The value at a path whose parts are nested, dotted, or some of each."""
    dotted = row.get(".".join(path))
    if dotted is not None:
        return dotted
    for cut in range(1, len(path)):
        inner = row.get(".".join(path[:cut]))
        if isinstance(inner, dict) and (found := _dig(inner, path[cut:])) is not None:
            return found
    return None


def _below(row: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Everything under a path, nested or dotted."""
    start = ".".join(path) + "."
    found = {name[len(start) :]: value for name, value in row.items() if name.startswith(start)}
    nested = _dig(row, path)
    return (nested if isinstance(nested, dict) else {}) | found


PARSER = Parser(kind="event_json", recognise=recognise, parse=parse)
