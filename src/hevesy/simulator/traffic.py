"""Background web traffic: sessions sampled by the day, spread over it by their rhythm.

A *template* is a request of one actor; a day is a frame of template numbers, times and ids. No
Python object is made for a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from hevesy.simulator.request import Request, filled, read_invented
from hevesy.simulator.scenario import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hevesy.simulator.draws import Draws
    from hevesy.simulator.people import Actor

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "RHYTHMS",
    "Templates",
    "by_day",
    "is_weekend",
    "moments",
    "sample_days",
    "since_midnight",
    "spans",
    "templates",
    "workload",
]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_SPAN_BYTES = 24_000_000
"""Text made in one go: enough that a row costs more than the overhead, little enough for memory."""
_TABLE = 1 << 16

RHYTHMS: dict[str, tuple[float, tuple[int, ...]]] = {
    "work": (
        0.08,
        (0, 0, 0, 0, 0, 1, 4, 18, 60, 80, 78, 74, 50, 62, 78, 76, 70, 48, 18, 9, 6, 4, 2, 1),
    ),
    "mobile": (
        0.7,
        (4, 3, 2, 2, 3, 8, 22, 40, 44, 40, 38, 40, 46, 40, 38, 38, 42, 46, 48, 46, 40, 30, 18, 8),
    ),
    "flat": (1.0, (1,) * 24),
    "outside": (1.0, (5, 5, 6, 6, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 5, 5)),
    "admin": (0.02, (0, 0, 0, 0, 0, 0, 0, 2, 8, 9, 9, 6, 3, 7, 8, 8, 6, 3, 1, 1, 0, 0, 0, 0)),
}
"""Rhythm -> how much of a weekday's traffic a day of the weekend has; weight of each hour, UTC."""


class Session(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sequence of requests that one sort of device makes."""

    name: str
    rhythm: str
    device: str
    weight: float
    request: list[Request]


class _Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    share: dict[str, float]
    session: list[Session]


@dataclass(frozen=True, slots=True)
class Templates:
    """Every request of every actor of one server, sessions one after the other."""

    requests: list[Request]
    starts: pl.DataFrame
    """A session a row: `first` template, `steps`, `weight`, `rhythm`."""
    offsets: pl.Series
    """Of each template: milliseconds after its session's start."""


@cache
def _traffic() -> _Traffic:
    traffic: _Traffic = parse_toml(read_invented("traffic.toml"), "traffic.toml", _Traffic)
    return traffic


def workload(rhythm: str) -> float:
    """Part of the bytes of web traffic that a rhythm makes."""
    return _traffic().share[rhythm]


def templates(actors: Sequence[Actor], words: dict[str, str]) -> Templates:
    """Fill every session with every actor that has such a device."""
    requests: list[Request] = []
    offsets: list[int] = []
    starts: list[tuple[int, int, float, str]] = []
    for session in _traffic().session:
        for actor in actors:
            if actor.device != session.device:
                continue
            first, at = len(requests), 0
            for request in session.request:
                whole = filled(request, words | actor.words)
                for _ in range(request.repeat):
                    at += request.after
                    requests.append(whole)
                    offsets.append(at)
            weight = session.weight * actor.activity
            starts.append((first, len(requests) - first, weight, session.rhythm))
    frame = pl.DataFrame(starts, schema=["first", "steps", "weight", "rhythm"], orient="row")
    return Templates(requests, frame, pl.Series(offsets, dtype=pl.Int64))


def moments(rhythm: str, days: Sequence[date], mean: float, draws: Draws) -> pl.Series:
    """When things of a rhythm happen over some consecutive days, in no order.

    Args:
        rhythm: a key of `RHYTHMS`.
        days: the days; those of the weekend are quieter.
        mean: how many there are on a weekday, on the mean.
        draws: the stream.

    Returns:
        Milliseconds since the first day's midnight. The flat rhythm has some each day.
    """
    quiet, hours = RHYTHMS[rhythm]
    least = 3 if rhythm == "flat" else 0
    chance = draws.one()
    counts = [
        max(least, int(mean * (quiet if is_weekend(day) else 1.0) + chance.random()))
        for day in days
    ]
    rows = sum(counts)
    begin = pl.select(
        pl.int_range(0, len(days)).repeat_by(pl.Series(counts)).explode().drop_nulls()
    ).to_series()
    table = _hours(hours)
    hour = table.gather(draws.below(len(table), rows))
    return begin.cast(pl.Int64) * DAY_MS + hour * HOUR_MS + draws.below(HOUR_MS, rows)


def since_midnight(moment: datetime, day: date) -> int:
    """Milliseconds from a day's midnight, UTC, to a moment."""
    return (moment - datetime.combine(day, time(), UTC)) // timedelta(milliseconds=1)


def is_weekend(day: date) -> bool:
    """Whether it is Saturday or Sunday."""
    return day.isoweekday() > 5  # noqa: PLR2004  # Saturday is the sixth


@cache
def _hours(weights: tuple[int, ...]) -> pl.Series:
    return pl.Series(
        [hour for hour, weight in enumerate(weights) for _ in range(weight)], dtype=pl.Int64
    )


def sample_days(
    made: Templates,
    days: Sequence[date],
    mean_bytes: dict[str, float],
    budget: float,
    draws: Draws,
) -> pl.DataFrame:
    """Requests of some consecutive days, in no order.

    Args:
        made: the server's templates.
        days: which days.
        mean_bytes: rhythm -> bytes that one of its sessions makes in the logs, on the mean.
        budget: bytes of web logs that a weekday should have.
        draws: the stream of these days.

    Returns:
        Columns `template` (Int64) and `time` (Int64, milliseconds since the first day's midnight).
    """
    parts = []
    for rhythm in RHYTHMS:
        begin = moments(rhythm, days, budget * workload(rhythm) / mean_bytes[rhythm], draws)
        parts.append(_sessions(made, rhythm, begin, draws))
    rows = (
        pl.concat(parts)
        .select(pl.int_ranges("first", pl.col("first") + pl.col("steps")), "begin")
        .explode("first")
    )
    at = rows["begin"] + made.offsets.gather(rows["first"]) + draws.below(60, rows.height)
    times = rows.select(template="first", time=at)
    return times.filter(pl.col("time") < DAY_MS * len(days))


def _sessions(made: Templates, rhythm: str, begin: pl.Series, draws: Draws) -> pl.DataFrame:
    """Choose a session for each beginning, by weight, from a table of equally likely entries."""
    table = made.starts.filter(pl.col("rhythm") == rhythm)
    total = float(table["weight"].sum())
    edges = (table["weight"].cum_sum() / total * _TABLE).round().cast(pl.Int64)
    counts = (edges - edges.shift(1, fill_value=0)).clip(lower_bound=1)
    entries = pl.select(pl.int_range(0, table.height).repeat_by(counts).explode()).to_series()
    chosen = table[entries.gather(draws.below(len(entries), len(begin)))]
    return chosen.select("first", "steps", begin=begin)


def spans(days: Sequence[date], builds: Sequence[str], bytes_a_day: float) -> list[list[date]]:
    """Cut days into runs that are made in one go: of one build, and of bounded size."""
    most = max(1, int(_SPAN_BYTES / max(bytes_a_day, 1.0)))
    cut: list[list[date]] = []
    last = ""
    for day, build in zip(days, builds, strict=True):
        if build != last or len(cut[-1]) >= most:
            cut.append([])
        cut[-1].append(day)
        last = build
    return cut


def by_day(rows: pl.DataFrame, days: Sequence[date]) -> Iterator[tuple[date, pl.DataFrame]]:
    """The sorted rows of each day that has some, `time` counting from that day's midnight."""
    first = 0
    for number, day in enumerate(days):
        last = int((rows["time"] < DAY_MS * (number + 1)).sum())
        if last > first:
            part = rows[first:last]
            yield day, part.with_columns(pl.col("time") - DAY_MS * number)
        first = last
