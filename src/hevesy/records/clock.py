"""Text -> time: the ways in which text logs write it."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from hevesy.tables import TIME

__all__ = ["EARLIEST", "LATEST", "repaired", "usual_time"]

EARLIEST = datetime(1996, 1, 1, tzinfo=UTC)
"""Exchange 4.0 was released in 1996: an earlier time is an error, as is one after `LATEST`."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_OTHER_WAYS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.fZ",
)
_WITH_OFFSET = "%Y-%m-%dT%H:%M:%S%.f%:z"


def usual_time(text: pl.Expr, usual: str) -> pl.Expr:
    """Times in UTC, null where the text is not written as `usual` (`strptime`'s words) says."""
    found = text.str.to_datetime(usual, strict=False, time_unit="us", ambiguous="null")
    return found.dt.replace_time_zone("UTC")


def repaired(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose `time` is read in other ways where the usual one failed.

    Args:
        rows: `_when`, the text, and `time`, what `usual_time` made of it.

    Returns:
        The rows. `time` is null where the text is none, or none that can be believed.
    """
    if rows["time"].null_count():
        text = pl.col("_when")
        ways = [usual_time(text, way) for way in _OTHER_WAYS]
        ways.append(
            text.str.to_datetime(_WITH_OFFSET, strict=False, time_unit="us", time_zone="UTC")
        )
        rows = rows.with_columns(time=pl.coalesce("time", *ways))
    # Asked of the column: a year below 1 is none that Python's own times can hold.
    inside = pl.col("time").is_between(pl.lit(EARLIEST, TIME), pl.lit(LATEST, TIME))
    return rows.with_columns(time=pl.when(inside).then("time"))
