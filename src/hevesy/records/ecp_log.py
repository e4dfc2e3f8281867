"""What the ECP Server and Activity logs share: their header, their `EventData`, their build."""

from __future__ import annotations

import polars as pl

from hevesy.records.clock import times
from hevesy.records.event_data import pairs, unquoted

__all__ = ["ecp_builds", "ecp_time", "with_event_data", "with_pairs"]


def ecp_time(cells: pl.DataFrame) -> pl.Series:
    """Time of `TimeStamp`, which older builds call `MyTimeStamp`."""
    for name in ("TimeStamp", "MyTimeStamp"):
        if name in cells.columns:
            return times(cells[name], "%Y-%m-%dT%H:%M:%S%.fZ")
    return pl.Series("time", [None] * len(cells), pl.Datetime("us", "UTC"))


def with_event_data(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `EventData` out of its CSV quotes, and `TimeStamp` under that name."""
    rows = rows.rename({"MyTimeStamp": "TimeStamp"}, strict=False)
    if "EventData" not in rows.columns:
        return rows
    return rows.with_columns(EventData=unquoted(pl.col("EventData")))


def with_pairs(rows: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """Rows with a column for each key of their `EventData`."""
    if "EventData" not in rows.columns:
        return rows
    return rows.drop(keys.values(), strict=False).hstack(pairs(rows, keys))


def ecp_builds(rows: pl.DataFrame) -> pl.DataFrame:
    """Builds of `S:BLD=`: the server's own, exact, at the time of the row."""
    if "EventData" not in rows.columns:
        return pl.DataFrame()
    build = pl.col("EventData").str.extract(r"(?i)(?:^|;)'?S:BLD=([0-9.]{7,20})(?:[;']|$)")
    return rows.select("time", "line", build=build, origin=pl.lit("S:BLD")).drop_nulls("build")
