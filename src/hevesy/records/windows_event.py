"""One Windows event as a dict -> columns of table `windows`: what EVTX and JSON lines share.

The shape read here is that of the event's XML turned into JSON (`Event`, `System`, `EventData`,
`UserData`), in the ways converters write XML attributes: `{"#attributes": {"Name": ..}}`
(evtx_dump), `{"@Name": ..}` (xmltodict), `{"Name": ..}` (Velociraptor), `Provider_attributes`
beside `Provider` (evtx_dump with separate attributes).
Source of the fields of `System`: the event schema of Windows,
https://learn.microsoft.com/windows/win32/wes/eventschema-schema.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hevesy.records.cmdlet_event import PROVIDER, render

__all__ = [
    "LEVELS",
    "Event",
    "flatten",
    "integer",
    "nested_event",
    "positional",
    "text",
    "with_message",
]

LEVELS = {"critical": 1, "error": 2, "warning": 3, "information": 4, "verbose": 5}
"""Names of levels as rendered in English, in lower case."""

_MAX_POSITIONS = 64
_MAX_DEPTH = 24
_INT64 = 1 << 63
_SPECIAL = frozenset({"Data", "xmlns", "#text"})
_ATTRIBUTES = frozenset({"#attributes", "EventData_attributes", "UserData_attributes"})


class Event(NamedTuple):
    """One event: what `System` says, then everything else by name."""

    time: str | None
    """As it stands: ISO 8601, seconds since 1970, or `/Date(ms)/`."""
    channel: str | None
    provider: str | None
    event_id: int | None
    record_id: int | None
    computer: str | None
    level: int | None
    keywords: str | None
    task: str | None
    opcode: str | None
    process: int | None
    thread: int | None
    user: str | None
    activity: str | None
    message: str | None
    fields: dict[str, str]
    """EventData and UserData by name; absent and null values are left out."""


def text(value: Any, depth: int = 0) -> str | None:  # noqa: ANN401  # what a JSON decoder returns
    """A JSON value as text: `true`, `12`, lists joined by a line feed, None for null.

    None also for what lies deeper than 24 levels: it stands in the raw event alone.
    """
    if type(value) is str:
        return value
    if value is None or depth > _MAX_DEPTH:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(part for one in value if (part := text(one, depth + 1)) is not None)
    if isinstance(value, dict):
        return text(value.get("#text", value.get("Value")), depth + 1)
    return str(value)


def integer(value: Any) -> int | None:  # noqa: ANN401  # what a JSON decoder returns
    """A whole number that fits 64 bits, decimal or `0x`; None for everything else."""
    if value is None or (type(value) is int and -_INT64 <= value < _INT64):
        return value
    if isinstance(value, dict):
        value = value.get("#text", value.get("Value"))
    if isinstance(value, str):
        try:
            value = int(value, 16) if value[:2] in {"0x", "0X"} else int(value)
        except ValueError:
            return None
    return value if type(value) is int and -_INT64 <= value < _INT64 else None


def positional(values: list[Any], fields: dict[str, str]) -> None:
    """Put unnamed values into `fields`: `Data`, joined by line feeds, and `param1`, `param2` ...

    `Data` is what Sigma rules ask for, `param1` what winlogbeat calls them; at most 64 get a name
    of their own. An item that carries a name (`{"@Name": "x", "#text": "y"}`) goes by its name.
    """
    unnamed: list[str] = []
    for value in values:
        name = _attribute(value, "Name") if isinstance(value, dict) else None
        if isinstance(name, str) and name:
            _put(fields, name, text(value))
        else:
            unnamed.append(text(value) or "")
    if not unnamed:
        return
    _put(fields, "Data", "\n".join(unnamed))
    for position, value in enumerate(unnamed[:_MAX_POSITIONS], start=1):
        if value:
            fields.setdefault(f"param{position}", value)


def flatten(node: dict[str, Any], fields: dict[str, str], depth: int = 0) -> None:
    """Put what `node` holds into `fields` under leaf names, as Sigma rules name them.

    XML attributes go by their own name (`{"#attributes": {"fileRef": ..}}` is `fileRef`), name
    spaces are left out, and a name that stands more than once holds its values joined by a line
    feed. What lies deeper than 24 levels stays in the raw event alone.
    """
    for name, value in node.items():
        if type(value) is str and name not in fields and name not in _SPECIAL:
            fields[name] = value
        elif name == "Data":
            if isinstance(value, dict) and "#text" in value and _attribute(value, "Name") is None:
                values = value["#text"]
            else:
                values = value
            positional(values if isinstance(values, list) else [values], fields)
        elif isinstance(value, dict):
            if depth < _MAX_DEPTH:
                _flatten_element(name, value, fields, depth)
        elif isinstance(value, list):
            _flatten_list(name, value, fields, depth)
        elif name != "xmlns":
            _put(fields, name, text(value))


def _flatten_element(name: str, value: dict[str, Any], fields: dict[str, str], depth: int) -> None:
    if name in _ATTRIBUTES:
        for attribute, content in value.items():
            if not attribute.startswith("xmlns") and (attribute != "Name" or depth):
                _put(fields, attribute, text(content))
        return
    for attribute, content in value.items():
        if attribute == "#text":
            _put(fields, name, text(content))
    inner = {key: content for key, content in value.items() if key != "#text"}
    flatten(inner, fields, depth + 1)


def _flatten_list(name: str, values: list[Any], fields: dict[str, str], depth: int) -> None:
    for value in values:
        if isinstance(value, dict):
            if depth < _MAX_DEPTH:
                _flatten_element(name, value, fields, depth)
        else:
            _put(fields, name, text(value))


def _put(fields: dict[str, str], name: str, value: str | None) -> None:
    if value is None:
        return
    before = fields.get(name)
    fields[name] = value if before is None else f"{before}\n{value}"


def _attribute(node: dict[str, Any], name: str) -> Any:  # noqa: ANN401  # a JSON value
    """An XML attribute of an element, in whichever way the converter wrote it."""
    inner = node.get("#attributes")
    return inner.get(name) if isinstance(inner, dict) else node.get(name, node.get(f"@{name}"))


def _attributes(system: dict[str, Any], element: str) -> dict[str, Any]:
    """The XML attributes of an element of `System`, in whichever way the converter wrote them."""
    node = system.get(element)
    if not isinstance(node, dict):
        node = system.get(f"{element}_attributes")
        return node if isinstance(node, dict) else {}
    inner = node.get("#attributes")
    if isinstance(inner, dict):
        return inner
    if not node:
        return node
    return {name.removeprefix("@"): value for name, value in node.items()}


def nested_event(
    event: dict[str, Any],
    message: Any = None,  # noqa: ANN401  # a JSON value
    time: str | None = None,
    record_id: int | None = None,
) -> Event | None:
    """Read `{"System": .., "EventData": ..}`; None where it has no `System`.

    Args:
        event: What stands under `Event`.
        message: A rendered message beside it, where the source has one.
        time: Used where `System` has none.
        record_id: Used where `System` has none.
    """
    system = event.get("System")
    if not isinstance(system, dict):
        return None
    fields: dict[str, str] = {}
    rendered = None
    for name, part in event.items():
        if name == "RenderingInfo":
            rendered = part.get("Message") if isinstance(part, dict) else None
        elif isinstance(part, dict) and name not in {"System", "#attributes"}:
            flatten(part, fields)
        elif name == "EventData" and part is not None:
            positional(part if isinstance(part, list) else [part], fields)

    get = system.get
    execution = _attributes(system, "Execution")
    record = integer(get("EventRecordID"))
    found = Event(
        text(_attributes(system, "TimeCreated").get("SystemTime")) or time,
        text(get("Channel")) or None,
        text(_attributes(system, "Provider").get("Name")),
        integer(get("EventID")),
        integer(record_id) if record is None else record,
        text(get("Computer")) or None,
        integer(get("Level")),
        text(get("Keywords")),
        text(get("Task")),
        text(get("Opcode")),
        integer(execution.get("ProcessID")),
        integer(execution.get("ThreadID")),
        text(_attributes(system, "Security").get("UserID")),
        text(_attributes(system, "Correlation").get("ActivityID")),
        text(message if message is not None else rendered),
        fields,
    )
    return with_message(found)


def with_message(event: Event) -> Event:
    """The event with the message rendered, where it has none and hevesy knows its text."""
    if event.provider != PROVIDER:
        return event
    return event._replace(message=render(event.event_id, event.message, event.fields))
