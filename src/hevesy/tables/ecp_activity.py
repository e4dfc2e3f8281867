"""The table of Exchange ECP Activity logs; `product: exchange, service: ecp_activity`."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["ECP_ACTIVITY"]

_TEXT = pl.String()

ECP_ACTIVITY = Table(
    name="ecp_activity",
    title="Exchange ECP Activity log",
    columns=(
        Column("TimeStamp", _TEXT, "time as logged; `time` is the same, read"),
        Column("ServerName", _TEXT, "the server that wrote the row"),
        Column("EventId", _TEXT, "`Request` ..."),
        Column("EventData", _TEXT, "all pairs `TYPE:KEY=VALUE`, as written, without CSV quotes"),
        Column(
            "PSA", _TEXT, "user, primary SMTP address, without the `<PII>` around it", "account"
        ),
        Column("URL", _TEXT, "address that was asked for", "page"),
        Column("ACTID", _TEXT, "activity id, shared with the other Exchange logs", "request"),
        Column("BLD", _TEXT, "build of the server, exact to the security update"),
    ),
    logsources=(LogSource(product="exchange", service="ecp_activity"),),
    fields=(("MyTimeStamp", "TimeStamp"),),
)
