"""What the events of sources say of them: days, servers, and whether a clock is off."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import polars as pl

from hevesy.model import DayCount
from hevesy.records.event_time import parse_times

__all__ = ["Told", "clock_offset", "told"]

_SYSMON = "Microsoft-Windows-Sysmon"
_UTC_TIME = "UtcTime"
_CLOCK_ROWS = 5
_CLOCK_SECONDS = 120
_QUARTER = 900


class Told(NamedTuple):
    """What the events of one source say."""

    days: tuple[DayCount, ...]
    names: tuple[tuple[str, int], ...]
    """Servers and their rows."""
    clock_offset: int | None
    note: str
    """What is to be told of the clock, or empty."""


def told(frame: pl.DataFrame, counts: list[int]) -> list[Told]:
    """What is told of each source.

    Args:
        frame: Columns of table `windows`, the sources one after the other.
        counts: Rows of each source.
    """
    parts = [place for place, count in enumerate(counts) for _ in range(count)]
    of_part = frame.select(
        *(
            name
            for name in ("time", "server", "Channel", "Provider_Name", _UTC_TIME)
            if name in frame.columns
        ),
        pl.Series("part", parts, dtype=pl.UInt32),
    )
    days = _days(of_part)
    names = _names(of_part)
    clocks = _clocks(of_part)
    return [
        Told(
            tuple(days.get(place, ())), tuple(names.get(place, ())), *clocks.get(place, (None, ""))
        )
        for place in range(len(counts))
    ]


def _days(frame: pl.DataFrame) -> dict[int, list[DayCount]]:
    groups = (
        frame.lazy()
        .select(
            "part",
            pl.col("time").dt.replace_time_zone(None),
            server=pl.col("server").fill_null(""),
            kind=pl.lit("windows:") + pl.col("Channel").fill_null("unknown"),
        )
        .filter(pl.col("time").is_not_null())
        .group_by("part", "server", "kind", day=pl.col("time").dt.date())
        .agg(pl.len(), first=pl.col("time").min(), last=pl.col("time").max())
        .sort("part", "server", "kind", "day")
        .collect()
    )
    rows: list[tuple[int, str, str, date, int, datetime, datetime]] = groups.rows()
    found: dict[int, list[DayCount]] = {}
    for part, server, kind, day, count, first, last in rows:
        found.setdefault(part, []).append(
            DayCount(server, kind, day, count, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
        )
    return found


def _names(frame: pl.DataFrame) -> dict[int, list[tuple[str, int]]]:
    named = frame.lazy().filter(pl.col("server").is_not_null()).group_by("part", "server").len()
    found: dict[int, list[tuple[str, int]]] = {}
    for part, server, count in named.sort("part", "server").collect().iter_rows():
        found.setdefault(part, []).append((server, count))
    return found


def _clocks(frame: pl.DataFrame) -> dict[int, tuple[int | None, str]]:
    if _UTC_TIME not in frame.columns:
        return {}
    sysmon = frame.filter((pl.col("Provider_Name") == _SYSMON) & pl.col(_UTC_TIME).is_not_null())
    times = parse_times(sysmon[_UTC_TIME])
    ahead = sysmon.select("part", ahead=(times - sysmon["time"]).dt.total_seconds()).drop_nulls()
    return {
        int(str(part)): clock_offset(rows["ahead"])
        for (part,), rows in ahead.group_by("part", maintain_order=True)
    }


def clock_offset(ahead: pl.Series) -> tuple[int | None, str]:
    """Seconds to add to the times to get UTC, as Sysmon's `UtcTime` lets it be seen, and a note.

    Sysmon writes UTC into each event; the event's own time is UTC too, unless whoever exported it
    wrote local time and labelled it `Z`. Seen where at least 5 Sysmon rows differ by more than 120
    seconds, nine in ten of them within 120 seconds of the median; rounded to a quarter of an hour
    where that is within 120 seconds. (None, "") where nothing is seen.

    Args:
        ahead: By how many seconds the `UtcTime` of each Sysmon row is ahead of its time.
    """
    middle = ahead.median()
    if len(ahead) < _CLOCK_ROWS or not isinstance(middle, int | float):
        return None, ""
    if abs(middle) <= _CLOCK_SECONDS:
        return None, ""
    steady = int(((ahead - middle).abs() <= _CLOCK_SECONDS).sum())
    if steady * 10 < len(ahead) * 9:
        return (
            None,
            f"Sysmon UtcTime differs from the event times, not constantly ({len(ahead)} rows)",
        )
    quarter = round(middle / _QUARTER) * _QUARTER
    offset = quarter if abs(middle - quarter) <= _CLOCK_SECONDS else round(middle)
    note = f"Sysmon UtcTime is {offset:+d} s from the times of its events: they are not UTC"
    return offset, note
