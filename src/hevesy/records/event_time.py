"""Times of events as text -> UTC, whichever way an exporter wrote them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import polars as pl

from hevesy.tables import TIME

__all__ = ["parse_times"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POWERSHELL = re.compile(r"/Date\((-?\d+)\)/")
_USUAL = ("%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d %H:%M:%S%.f")
"""Of events, and of Sysmon's `UtcTime`."""
_MILLISECONDS_FROM = 1e11
"""Above it a number counts milliseconds: 1e11 seconds is the year 5138."""


def parse_times(texts: pl.Series) -> pl.Series:
    """A column of times in UTC; null where a text is no time between the years 1 and 9999.

    ISO 8601 with any number of decimals (microseconds are kept), `Z`, an offset or neither (then
    UTC is meant: event logs keep UTC), seconds or milliseconds since 1970, and PowerShell's
    `/Date(ms)/`.
    """
    quick = _quick(texts)
    if quick is not None:
        return quick
    frame = texts.alias("text").to_frame()
    plain = pl.col("text").str.strip_suffix("Z").str.replace("T", " ", literal=True)
    parsed = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    in_python = parsed.dt.year().is_between(1, 9999)
    times = frame.select(pl.when(in_python).then(parsed).dt.replace_time_zone("UTC").alias("time"))[
        "time"
    ]
    if times.null_count() == texts.null_count():
        return times
    left = frame["text"].filter(times.is_null() & frame["text"].is_not_null()).unique()
    known = {text: _parse_time(text) for text in left}
    slow = frame["text"].replace_strict(
        list(known), list(known.values()), default=None, return_dtype=TIME
    )
    return pl.DataFrame([times, slow.alias("slow")]).select(pl.coalesce("time", "slow"))["time"]


def _quick(texts: pl.Series) -> pl.Series | None:
    """Times that are all written as Windows writes them; None where one is not."""
    for way in _USUAL:
        times = texts.str.to_datetime(way, time_unit="us", strict=False, cache=False)
        if times.null_count() == texts.null_count():
            years = times.dt.year().drop_nulls()
            if years.is_between(1, 9999).all():
                return times.dt.replace_time_zone("UTC").alias("time")
    return None


def _parse_time(text: str) -> datetime | None:
    text = text.strip()
    try:
        if found := _POWERSHELL.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        if text[:1].isdigit() and text.replace(".", "", 1).isdigit():
            number = float(text)
            unit = "milliseconds" if number >= _MILLISECONDS_FROM else "seconds"
            return _EPOCH + timedelta(**{unit: number})
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
