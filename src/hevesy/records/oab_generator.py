"""Exchange OABGenerator logs: what the generator of offline address books fetched and wrote."""

from __future__ import annotations

import polars as pl

from hevesy.records.event_data import unquoted
from hevesy.records.recognition import head_lines, log_type
from hevesy.records.text_log import TextLog, first_of
from hevesy.records.text_parser import text_parser
from hevesy.tables.oab_generator import OAB_GENERATOR

__all__ = ["PARSER"]


def _prepare(rows: pl.DataFrame) -> pl.DataFrame:
    if "Message" not in rows.columns:
        return rows
    return rows.with_columns(Message=unquoted(pl.col("Message")))


_LOG = TextLog(
    kind="oab_generator",
    table=OAB_GENERATOR,
    separator=",",
    time=first_of("Timestamp"),
    bare=("timestamp",),
    rest=("Message",),
    prepare=_prepare,
)


def _recognise(head: bytes, path: str) -> bool:
    kind = log_type(head)
    if kind:
        return kind.startswith("oab generator")
    for line in head_lines(head):
        columns = line.removeprefix("#fields:").split(",")
        if {"recordtype", "oabguid"} <= {column.strip(' "') for column in columns}:
            return True
    return path.endswith(".log") and (
        "/oabgeneratorlog" in path or "/oabgeneratorsimplelog" in path
    )


PARSER = text_parser(_LOG, _recognise)
