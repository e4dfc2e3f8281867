"""Events of `MSExchange CmdletLogs`: their positions get names, and their message its text.

The channel `MSExchange Management` holds one event a cmdlet: 1 succeeded, 6 failed, 8 failed with
an unhandled exception. EVTX has unnamed values alone; rules are written for the rendered message.
Texts as published logs render them (`suceeded` is Exchange's own spelling), positions as seen in
events of Exchange 2016 (15.1).
"""

from __future__ import annotations

import re

__all__ = ["PROVIDER", "render"]

PROVIDER = "MSExchange CmdletLogs"

_SUCCEEDED = "Cmdlet suceeded. Cmdlet {0}, parameters {1}."
_FAILED = "Cmdlet failed. Cmdlet {0}, parameters {1}."
_TEXTS = {1: _SUCCEEDED, 6: _FAILED, 8: _FAILED}
_RENDERED = re.compile(r"Cmdlet (?:suceeded|succeeded|failed)\. Cmdlet ([^\s,]+), parameters ")
_POSITIONS = {
    1: "Cmdlet",
    2: "Parameters",
    3: "Caller",
    4: "CallerSid",
    5: "ExecutingUserSid",
    6: "HostApplication",
    9: "ExecutionThread",
    10: "Elapsed",
    11: "Scope",
    12: "Error",
}
"""`param<n>` -> name. Position 7 is `8372 w3wp#MSExchangePowerShellAppPool`: see `_process`."""


def render(event_id: int | None, message: str | None, fields: dict[str, str]) -> str | None:
    """Name the positions in `fields`, and return the message: as it came, or rendered.

    Where the event has a message and no values (a log shipper dropped them), `Cmdlet` and
    `Parameters` are read from the message. `Data` holds message and values together, because
    published rules ask `Data` for words of the message.
    """
    if "param1" in fields:
        for position, name in _POSITIONS.items():
            value = fields.get(f"param{position}")
            if value:
                fields.setdefault(name, value)
        _process(fields)
        template = _TEXTS.get(event_id or 0)
        if not message and template:
            message = template.format(fields["param1"], fields.get("param2", ""))
    elif message and (found := _RENDERED.match(message)):
        fields.setdefault("Cmdlet", found[1])
        fields.setdefault("Parameters", message[found.end() :].rstrip().removesuffix("."))
    if message:
        data = fields.get("Data")
        fields["Data"] = message if data is None else f"{message}\n{data}"
    return message


def _process(fields: dict[str, str]) -> None:
    number, blank, name = fields.get("param7", "").partition(" ")
    if blank and number.isdigit():
        fields.setdefault("ProcessId", number)
        fields.setdefault("ProcessName", name)
