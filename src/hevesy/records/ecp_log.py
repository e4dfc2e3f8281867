"""What the ECP Server and Activity logs share: their header, their `EventData`, their build."""

from __future__ import annotations

import polars as pl

from hevesy.records.event_data import pairs, unquoted

__all__ = ["ECP_TIME", "ecp_builds", "with_event_data", "with_pairs"]

ECP_TIME = ("TimeStamp", "MyTimeStamp")
"""Columns of a row's time; the second is what older builds call it."""


def with_event_data(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `EventData` out of its CSV quotes, and `TimeStamp` under that name."""
    if "TimeStamp" not in rows.columns:
        rows = rows.rename({"MyTimeStamp": "TimeStamp"}, strict=False)
    if "EventData" not in rows.columns:
        return rows
    return rows.with_columns(EventData=unquoted(pl.col("EventData")))


def with_pairs(rows: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """Rows with a column for each key of their `EventData`."""
    if "EventData" not in rows.columns:
        return rows
    return rows.drop(keys.values(), strict=False).hstack(pairs(rows, keys))


def ecp_builds(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Builds of `S:BLD=`: the server's own, exact, at the time of the row."""
    build = pl.col("EventData").str.extract(r"(?i)(?:^|;)'?S:BLD=([0-9.]{7,20})(?:[;']|$)")
    if "EventData" not in rows.collect_schema():
        build = pl.lit(None, pl.String)
    return rows.select("_place", "time", "line", build=build, origin=pl.lit("S:BLD"))
