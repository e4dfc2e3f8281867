"""Text -> time: the ways in which text logs write it."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from hevesy.tables import TIME

__all__ = ["EARLIEST", "LATEST", "times"]

EARLIEST = datetime(1996, 1, 1, tzinfo=UTC)
"""Exchange 4.0 was released in 1996: an earlier time is an error, as is one after `LATEST`."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_NAIVE = pl.Datetime("us")
_OTHER_WAYS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.fZ",
)
_WITH_OFFSET = "%Y-%m-%dT%H:%M:%S%.f%:z"


def times(text: pl.Series, usual: str) -> pl.Series:
    """Times in UTC; null where the text is none, or none that can be believed.

    Args:
        text: one text a row.
        usual: how nearly all of them are written, as `strptime` has it.
    """
    found = _naive(text, usual)
    for way in _OTHER_WAYS:
        if not found.null_count():
            break
        found = _filled(found, _naive(text, way))
    found = found.dt.replace_time_zone("UTC")
    if found.null_count():
        offset = text.str.to_datetime(_WITH_OFFSET, strict=False, time_unit="us", time_zone="UTC")
        found = _filled(found, offset)
    inside = found.is_between(pl.lit(EARLIEST, TIME), pl.lit(LATEST, TIME))
    return found if inside.all() else found.set(~inside, None)


def _naive(text: pl.Series, way: str) -> pl.Series:
    return text.str.to_datetime(way, strict=False, time_unit="us", ambiguous="null")


def _filled(found: pl.Series, other: pl.Series) -> pl.Series:
    return found.zip_with(found.is_not_null(), other)
