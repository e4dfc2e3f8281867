"""Servers to which a front end passed requests on: also those of which nothing was handed in.

HttpProxy names the back end of each request in `TargetServer`, and its cumulative update in
`TargetServerVersion` (`15.01.2375.000`). Where a client named the back end itself, as a forged
request does (`ServerInfo~`, `X-BEResource`, `X-AnonResource-Backend`), the row proves nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from hevesy.model import TargetSeen
from hevesy.records.build_number import build_number

__all__ = ["FORGED", "TARGETS", "targets"]

TARGETS = 256
"""Servers and builds of one block of rows that are kept; an organization has fewer."""

_NEEDED = {"TargetServer", "TargetServerVersion"}
FORGED = ("ServerInfo~", "X-BEResource", "X-AnonResource")
"""What a row holds where a client named the back end."""
_HOST = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$"


def targets(rows: pl.DataFrame) -> dict[int, tuple[TargetSeen, ...]]:
    """Servers that the rows of each `_place` passed requests on to, by name and build.

    Args:
        rows: `_place server time line` and, where the log has them, `TargetServer`,
            `TargetServerVersion`, `AnchorMailbox`, `RoutingHint`, as text.
    """
    if not set(rows.columns) >= _NEEDED:
        return {}
    # Nearly always there is none, and that is quickly seen.
    wanted = _others(rows)
    if wanted.is_empty():
        return {}
    forged = [
        pl.col(name)
        .str.contains_any(list(FORGED), ascii_case_insensitive=True)
        .fill_null(value=False)
        for name in ("AnchorMailbox", "RoutingHint")
        if name in rows.columns
    ]
    honest = ~pl.any_horizontal(forged) if forged else pl.lit(value=True)
    seen = (
        rows.lazy()
        .filter(pl.col("TargetServer").is_in(wanted.implode()))
        .filter(honest)
        .with_columns(build=build_number(pl.col("TargetServerVersion")))
        .filter(pl.col("build").is_not_null() & _short().ne_missing(pl.col("server")))
        .group_by("_place", name=pl.col("TargetServer").str.to_lowercase(), build="build")
        .agg(first=pl.col("time").min(), last=pl.col("time").max(), line=pl.col("line").min())
        .sort("_place", "name", "build")
        .filter(pl.int_range(pl.len()).over("_place") < TARGETS)
        .collect()
    )
    found: dict[int, list[TargetSeen]] = {}
    for row in seen.iter_rows(named=True):
        one = TargetSeen(
            row["name"], row["build"], _utc(row["first"]), _utc(row["last"]), row["line"]
        )
        found.setdefault(row["_place"], []).append(one)
    return {place: tuple(several) for place, several in found.items()}


def _others(rows: pl.DataFrame) -> pl.Series:
    """Of the values of `TargetServer`, names of hosts beside those that wrote the rows."""
    target = pl.col("TargetServer")
    # A host that writes for several servers is rare, and the filter on rows sees to it.
    own = rows["server"].unique()
    alone = own if len(own) == 1 else own.clear()
    return (
        rows.select(target.unique())
        .filter(target.str.contains(_HOST) & ~target.str.contains(r"^[0-9.]+$"))
        .filter((_short() != "LOCALHOST") & ~_short().is_in(alone.drop_nulls().implode()))
        .to_series()
    )


def _short() -> pl.Expr:
    return pl.col("TargetServer").str.split(".").list.first().str.to_uppercase()


def _utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
