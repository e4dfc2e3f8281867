"""Exchange ECP Server logs: the cmdlets that the control panel ran."""

from __future__ import annotations

import polars as pl

from hevesy.records.ecp_log import ECP_TIME, ecp_builds, with_event_data, with_pairs
from hevesy.records.recognition import log_type
from hevesy.records.text_log import TextLog, first_of
from hevesy.records.text_parser import text_parser
from hevesy.tables.ecp_server import ECP_SERVER

__all__ = ["PARSER"]

_KEYS = (
    *("CMD", "URL", "REFERRER", "EX", "ACTID", "RS", "BLD", "SID", "USID", "REQID"),
    *("TNAME", "TID", "EDOID", "ACID"),
)


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    rows = with_pairs(rows, {key: key for key in _KEYS} | {"TIME": "DURATION"})
    if "CMD" not in rows.columns:
        return rows
    cells = [pl.when(pl.col(key) != "").then(key).alias(key) for key in _KEYS]
    return rows.with_columns(
        *cells,
        pl.col("DURATION").cast(pl.Int64, strict=False),
        cmdlet=pl.col("CMD").str.extract(r"^\s*([A-Za-z]+-[A-Za-z]+)"),
    )


_LOG = TextLog(
    kind="ecp_server",
    table=ECP_SERVER,
    separator=",",
    time=first_of(*ECP_TIME),
    bare=("timestamp", "mytimestamp"),
    server="ServerName",
    rest=("EventData",),
    prepare=with_event_data,
    finish=_finish,
    builds=ecp_builds,
)


def _recognise(head: bytes, path: str) -> bool:
    kind = log_type(head)
    if kind:
        return kind == "ecp server log"
    return path.endswith(".log") and "/logging/ecp/server/" in path


PARSER = text_parser(_LOG, _recognise)
