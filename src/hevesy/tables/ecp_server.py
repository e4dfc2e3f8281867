"""The table of Exchange ECP Server logs; `product: exchange, service: ecp_server`."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["ECP_SERVER"]

_TEXT = pl.String()

ECP_SERVER = Table(
    name="ecp_server",
    title="Exchange ECP Server log",
    columns=(
        Column("TimeStamp", _TEXT, "time as logged; `time` is the same, read"),
        Column("ServerName", _TEXT, "the server that wrote the row"),
        Column("EventId", _TEXT, "`ECP.Request`, `ECP.LongRunning` ..."),
        Column("EventData", _TEXT, "all pairs `TYPE:KEY=VALUE`, as written, without CSV quotes"),
        Column(
            "CMD", _TEXT, "cmdlet and its parameters: `Set-OabVirtualDirectory.ExternalUrl='...'`"
        ),
        Column("cmdlet", _TEXT, "cmdlet alone: `Set-OabVirtualDirectory`"),
        Column("URL", _TEXT, "path and query that were asked for", "page"),
        Column("REFERRER", _TEXT, "page that linked here"),
        Column("EX", _TEXT, "exception"),
        Column("ACTID", _TEXT, "activity id, shared with the other Exchange logs", "request"),
        Column("RS", _TEXT, "result"),
        Column("BLD", _TEXT, "build of the server, exact to the security update"),
        Column("SID", _TEXT, "session id"),
        Column("USID", _TEXT, "user's session id"),
        Column("REQID", _TEXT, "request id"),
        Column("TNAME", _TEXT, "tenant"),
        Column("TID", _TEXT, "tenant id"),
        Column("EDOID", _TEXT, "id of the external directory object"),
        Column("ACID", _TEXT, "account id"),
        Column("DURATION", pl.Int64(), "milliseconds (`TIME` in the log)"),
    ),
    logsources=(LogSource(product="exchange", service="ecp_server"),),
    fields=(("MyTimeStamp", "TimeStamp"),),
)
