"""The coverage ledger: what the evidence of each server could have shown, by log kind and day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Coverage, Survey
from hevesy.tables import KINDS, LEDGER, kind_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["coverage_of", "ledger_of"]

FILE_KINDS = tuple(name for name, kind in KINDS.items() if not kind.table)
"""Kinds that are files, not records: they have no days."""


def ledger_of(
    surveys: Sequence[tuple[str, str, Survey]], canonical: Mapping[str, str]
) -> pl.DataFrame:
    """The table `LEDGER`.

    Args:
        surveys: For each source that counts: its collection's server, its log kind, its survey.
        canonical: The name that a server goes by, for each name that rows carry.
    """
    rows = [
        (canonical.get(day.server, day.server) or server, day.kind, day.day, day.records, *span)
        for server, _, survey in surveys
        for day in survey.days
        for span in [(day.first, day.last, 1)]
    ]
    frame = pl.DataFrame(rows, schema=LEDGER, orient="row")
    return (
        frame.group_by("server", "kind", "day")
        .agg(
            pl.col("records").sum(),
            pl.col("first").min(),
            pl.col("last").max(),
            pl.col("sources").sum(),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in LEDGER.items())
        .sort("server", "kind", "day")
    )


def coverage_of(
    server: str,
    ledger: pl.DataFrame,
    files: Mapping[str, int],
    damaged: Mapping[str, int],
    clocks: Mapping[str, int],
    sources: Mapping[str, int] | None = None,
) -> tuple[Coverage, ...]:
    """What each log kind of one server covers.

    Args:
        server: Its name.
        ledger: `LEDGER`.
        files: Number of files by file kind.
        damaged: Damaged rows by log kind.
        clocks: Seconds that a clock was seen to be off, by log kind.
        sources: Number of sources by log kind.
    """
    counted = sources or {}
    records = [
        _of_records(str(kind), rows, damaged, clocks, counted.get(str(kind), 0))
        for (kind,), rows in ledger.filter(pl.col("server") == server).group_by(
            "kind", maintain_order=True
        )
    ]
    return (*records, *(_of_files(kind, count) for kind, count in sorted(files.items()) if count))


def _of_records(
    kind: str,
    rows: pl.DataFrame,
    damaged: Mapping[str, int],
    clocks: Mapping[str, int],
    sources: int,
) -> Coverage:
    days = tuple(rows.select("day", "records").iter_rows())
    return Coverage(
        kind=kind,
        title=kind_title(kind),
        first=rows["first"].min(),  # type: ignore[arg-type]  # a datetime
        last=rows["last"].max(),  # type: ignore[arg-type]  # likewise
        records=int(rows["records"].sum()),
        damaged=damaged.get(kind, 0),
        sources=sources,
        days=days,
        gaps=_gaps([day for day, _ in days]),
        clock_offset=clocks.get(kind),
        shows=_shows(kind),
    )


def _of_files(kind: str, count: int) -> Coverage:
    return Coverage(
        kind=kind,
        title=kind_title(kind),
        first=None,
        last=None,
        records=count,
        damaged=0,
        sources=count,
        days=(),
        gaps=(),
        shows=KINDS[kind].shows,
    )


def _shows(kind: str) -> str:
    if kind.startswith("windows:"):
        return KINDS["evtx"].shows
    return KINDS[kind].shows if kind in KINDS else ""


def _gaps(days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    one = timedelta(days=1)
    return tuple(
        (before + one, after - one) for before, after in pairwise(days) if after - before > one
    )
