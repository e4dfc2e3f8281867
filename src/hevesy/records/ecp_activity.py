"""Exchange ECP Activity logs: requests to the control panel, with the user and the build."""

from __future__ import annotations

import polars as pl

from hevesy.records.ecp_log import ECP_TIME, ecp_builds, with_event_data, with_pairs
from hevesy.records.recognition import log_type
from hevesy.records.text_log import TextLog, first_of
from hevesy.records.text_parser import text_parser
from hevesy.tables.ecp_activity import ECP_ACTIVITY

__all__ = ["PARSER"]

_KEYS = ("PSA", "URL", "ACTID", "BLD")


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    rows = with_pairs(rows, {key: key for key in _KEYS})
    if "PSA" not in rows.columns:
        return rows
    user = pl.col("PSA").str.strip_prefix("<PII>").str.strip_suffix("</PII>")
    return rows.with_columns(PSA=user).with_columns(
        pl.when(pl.col(key) != "").then(key).alias(key) for key in _KEYS
    )


_LOG = TextLog(
    kind="ecp_activity",
    table=ECP_ACTIVITY,
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
        return kind in {"ecp activity context log", "ecp activity log"}
    return path.endswith(".log") and "/logging/ecp/activity/" in path


PARSER = text_parser(_LOG, _recognise)
