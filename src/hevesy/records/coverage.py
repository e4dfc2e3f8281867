"""What rows that were read add to the survey: counts by server and day, builds, names, times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

import polars as pl

from hevesy.model import BuildSeen, DayCount, Survey

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["build_number", "coverage"]


_SERVERS = 256
"""Servers of one block whose days are counted; a real log speaks of one."""


def coverage(
    rows: pl.DataFrame, kind: str, builds: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
) -> Survey:
    """First and last time, days, names and builds of rows.

    Args:
        rows: `time`, `server`, `line`, and `_version` (the header's `#Version:`).
        kind: what the days are counted as: `httpproxy`.
        builds: rows -> `build`, `origin`, `time`, `line`.
    """
    if rows.is_empty():
        return Survey()
    bare = rows.select("server", "line", "_version", time=pl.col("time").dt.replace_time_zone(None))
    first, last = cast("datetime", bare["time"].min()), cast("datetime", bare["time"].max())
    bare = _few_servers(bare)
    carried = [] if builds is None else [builds(rows.lazy())]
    if bare["_version"].null_count() < len(bare):
        carried.append(
            bare.lazy().select(
                "time", "line", build="_version", origin=pl.lit("header_version", pl.String)
            )
        )
    return Survey(
        first=_utc(first),
        last=_utc(last),
        days=_days(bare, kind, first, last),
        names=_names(bare),
        builds=tuple(build for several in carried for build in _builds(several)),
    )


def _few_servers(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose rarest servers are nobody's where there are more than any log speaks of."""
    if rows["server"].null_count() == len(rows) or rows["server"].n_unique() <= _SERVERS:
        return rows
    counts = rows["server"].drop_nulls().value_counts().sort("count", "server", descending=True)
    known = counts["server"].head(_SERVERS)
    return rows.with_columns(server=pl.when(pl.col("server").is_in(known.implode())).then("server"))


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


def _days(rows: pl.DataFrame, kind: str, first: datetime, last: datetime) -> tuple[DayCount, ...]:
    if first.date() == last.date() and rows["server"].null_count() == len(rows):
        return (DayCount("", kind, first.date(), len(rows), _utc(first), _utc(last)),)
    counts = (
        rows.lazy()
        .group_by(server=pl.col("server").fill_null(""), day=pl.col("time").dt.date())
        .agg(pl.len(), first=pl.col("time").min(), last=pl.col("time").max())
        .sort("server", "day")
        .collect()
    )
    rows_of: list[tuple[str, date, int, datetime, datetime]] = counts.rows()
    return tuple(
        DayCount(server, kind, day, count, _utc(earliest), _utc(latest))
        for server, day, count, earliest, latest in rows_of
    )


def _names(rows: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    if rows["server"].null_count() == len(rows):
        return ()
    counts = (
        rows.lazy()
        .filter(pl.col("server").is_not_null())
        .group_by("server")
        .len()
        .sort("len", "server", descending=[True, False])
        .collect()
    )
    return tuple(counts.head(64).iter_rows())


def build_number(text: pl.Expr) -> pl.Expr:
    """An Exchange build without zero padding; null where the text is none (`15.0.0.0`)."""
    parts = text.str.extract_groups(r"^0*(\d{1,2})\.0*(\d{1,3})\.0*(\d{1,5})\.0*(\d{1,5})$").struct
    number = pl.concat_str([parts.field(str(one)) for one in range(1, 5)], separator=".")
    is_build = parts.field("1").is_in(["8", "14", "15"]) & (parts.field("3") != "0")
    return pl.when(is_build).then(number)


def _builds(rows: pl.LazyFrame) -> list[BuildSeen]:
    """Builds with their first and last time; text that is no build is passed over."""
    seen = (
        rows.filter(pl.col("build").is_not_null())
        .with_columns(pl.col("time").dt.replace_time_zone(None))
        .group_by("build", "origin")
        .agg(first=pl.col("time").min(), last=pl.col("time").max(), line=pl.col("line").min())
        .with_columns(build=build_number(pl.col("build").str.strip_chars()))
        .filter(pl.col("build").is_not_null())
        .sort("line", "build")
        .head(64)
        .collect()
    )
    return [
        BuildSeen(
            build=row["build"],
            grade="cu_only" if row["build"].endswith(".0") else "su_exact",
            origin=row["origin"],
            first=_utc(row["first"]),
            last=_utc(row["last"]),
            line=row["line"],
        )
        for row in seen.iter_rows(named=True)
    ]
