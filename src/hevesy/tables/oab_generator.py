"""The table of Exchange OABGenerator logs; `product: exchange, service: oab_generator`."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["OAB_GENERATOR"]

_TEXT = pl.String()

OAB_GENERATOR = Table(
    name="oab_generator",
    title="Exchange OABGenerator log",
    columns=(
        Column("Timestamp", _TEXT, "time as logged; `time` is the same, read"),
        Column(
            "RecordType", _TEXT, "`DebugTrace`, `WarningTrace`, `ErrorTrace`, `PerformanceTrace`"
        ),
        Column("TraceId", _TEXT, "id of the trace"),
        Column("OabGuid", _TEXT, "id of the offline address book"),
        Column("AddressListGuid", _TEXT, "id of the address list"),
        Column("Message", _TEXT, "what happened, in words, without CSV quotes"),
    ),
    logsources=(LogSource(product="exchange", service="oab_generator"),),
)
