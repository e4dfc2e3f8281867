"""What rows that were read add to the survey: counts by server and day, builds, names, times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from hevesy.model import BuildSeen, DayCount, Survey
from hevesy.records.build_number import build_number
from hevesy.records.clients import clients
from hevesy.records.passed_on import targets

__all__ = ["COUNT", "coverage", "coverages"]

_NAMES = 64
_BUILDS = 64

_CLIENT_ROWS = 8192
"""Rows of a block that tell who its clients are; more than the largest of the small logs that are
read together has, so that those say the same in either way."""

_SERVERS = 256
"""Servers of one block whose days are counted; a real log speaks of one."""

COUNT = "_count"
"""Column of how many rows a row stands for; without it each stands for itself. Rows that were
passed over stand in two rows, the first and the last of them (which counts none)."""

Builds = Callable[[pl.LazyFrame], pl.LazyFrame]


def coverage(rows: pl.DataFrame, kind: str, builds: Builds | None = None) -> Survey:
    """First and last time, days, names and builds of rows.

    Args:
        rows: `time`, `server`, `line`, and `_version` (the header's `#Version:`).
        kind: what the days are counted as: `httpproxy`.
        builds: rows -> `_place`, `build`, `origin`, `time`, `line`.
    """
    if rows.is_empty():
        return Survey()
    rows = rows.with_columns(_place=pl.lit(0, pl.UInt32))
    return coverages(rows, kind, builds, every=max(1, len(rows) // _CLIENT_ROWS))[0]


def coverages(
    rows: pl.DataFrame,
    kind: str,
    builds: Builds | None = None,
    *,
    every: int = 1,
    sample: pl.DataFrame | None = None,
) -> dict[int, Survey]:
    """What `coverage` says of the rows of each `_place`.

    Args:
        rows: with `_place`, and `COUNT` where some stand for others; see `coverage`.
        kind: what the days are counted as.
        builds: see `coverage`.
        every: one row in so many is asked who its client was.
        sample: rows of those that were passed over, which are asked that too; see `clients`.
    """
    rows = _few_servers(rows)
    bare = rows.select(
        "_place",
        "server",
        "line",
        "_version",
        time=pl.col("time").dt.replace_time_zone(None),
        count=pl.col(COUNT) if COUNT in rows.columns else pl.lit(1, pl.Int64),
    )
    carried = [] if builds is None else [builds(rows.lazy())]
    if bare["_version"].null_count() < len(bare):
        version = pl.col("_version").alias("build")
        origin = pl.lit("header_version", pl.String).alias("origin")
        carried.append(bare.lazy().select("_place", "time", "line", version, origin))
    seen: dict[int, list[BuildSeen]] = {}
    for several in carried:
        for place, build in _builds(several):
            seen.setdefault(place, []).append(build)
    read = rows.filter(pl.col("raw").is_not_null()) if COUNT in rows.columns else rows
    others, asked = targets(rows), clients(read, kind, every=every, sample=sample)
    return {
        place: replace(
            _survey(days, seen.get(place, [])),
            targets=others.get(place, ()),
            clients=asked.get(place, ()),
        )
        for place, days in _days(bare, kind).items()
    }


def _survey(days: list[DayCount], builds: list[BuildSeen]) -> Survey:
    names: Counter[str] = Counter()
    for day in days:
        if day.server:
            names[day.server] += day.records
    most = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    return Survey(
        first=min(day.first for day in days),
        last=max(day.last for day in days),
        days=tuple(days),
        names=tuple(most[:_NAMES]),
        builds=tuple(builds),
    )


def _few_servers(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose rarest servers are nobody's where a place has more than any log speaks of."""
    if rows["server"].null_count() == len(rows) or rows["server"].n_unique() <= _SERVERS:
        return rows
    ranked = (
        rows.drop_nulls("server")
        .group_by("_place", "server")
        .len()
        .sort("_place", "len", "server", descending=[False, True, False])
        .filter(pl.int_range(pl.len()).over("_place") < _SERVERS)
        .select("_place", "server", _known=pl.lit(value=True))
    )
    return rows.join(
        ranked, on=["_place", "server"], how="left", maintain_order="left"
    ).with_columns(server=pl.when("_known").then("server"))


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


def _days(rows: pl.DataFrame, kind: str) -> dict[int, list[DayCount]]:
    """The days of each place."""
    counts = (
        rows.lazy()
        .group_by("_place", server=pl.col("server").fill_null(""), day=pl.col("time").dt.date())
        .agg(
            pl.col("count").sum(),
            first=pl.col("time").min(),
            last=pl.col("time").max(),
        )
        .sort("_place", "server", "day")
        .collect()
    )
    found: dict[int, list[DayCount]] = {}
    for place, server, day, count, first, last in counts.iter_rows():
        found.setdefault(place, []).append(
            DayCount(server, kind, day, count, _utc(first), _utc(last))
        )
    return found


def _builds(rows: pl.LazyFrame) -> list[tuple[int, BuildSeen]]:
    """Builds with their first and last time; text that is no build is passed over."""
    seen = (
        rows.filter(pl.col("build").is_not_null())
        .with_columns(pl.col("time").dt.replace_time_zone(None))
        .group_by("_place", "build", "origin")
        .agg(
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            line=pl.col("line").min(),
            last_line=pl.col("line").max(),
        )
        .with_columns(build=build_number(pl.col("build").str.strip_chars()))
        .filter(pl.col("build").is_not_null())
        .sort("_place", "line", "build")
        .filter(pl.int_range(pl.len()).over("_place") < _BUILDS)
        .collect()
    )
    return [
        (
            row["_place"],
            BuildSeen(
                build=row["build"],
                grade="cu_only" if row["build"].endswith(".0") else "su_exact",
                origin=row["origin"],
                first=_utc(row["first"]),
                last=_utc(row["last"]),
                line=row["line"],
                last_line=row["last_line"],
            ),
        )
        for row in seen.iter_rows(named=True)
    ]
