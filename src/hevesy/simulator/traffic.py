"""Background web traffic: sessions sampled by the day, spread over it by their rhythm.

A *template* is a request of one actor; a day is a frame of template numbers, times and ids. No
Python object is made for a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import msgspec
import polars as pl

from hevesy.simulator.draws import Draws
from hevesy.simulator.people import Actor
from hevesy.simulator.request import Request, filled, read_invented
from hevesy.simulator.scenario import parse_toml

__all__ = ["DAY_MS", "RHYTHMS", "Templates", "moments", "sample_day", "templates", "workload"]

DAY_MS = 86_400_000
_TABLE = 1 << 16

RHYTHMS: dict[str, tuple[float, tuple[int, ...]]] = {
    "work": (0.08, (0, 0, 0, 0, 0, 1, 4, 18, 60, 80, 78, 74, 50, 62, 78, 76, 70, 48, 18, 9, 6, 4, 2, 1)),
    "mobile": (0.7, (4, 3, 2, 2, 3, 8, 22, 40, 44, 40, 38, 40, 46, 40, 38, 38, 42, 46, 48, 46, 40, 30, 18, 8)),
    "flat": (1.0, (1,) * 24),
    "outside": (1.0, (5, 5, 6, 6, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 5, 5)),
    "admin": (0.02, (0, 0, 0, 0, 0, 0, 0, 2, 8, 9, 9, 6, 3, 7, 8, 8, 6, 3, 1, 1, 0, 0, 0, 0)),
}  # fmt: skip
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


def moments(rhythm: str, draws: Draws, rows: int) -> pl.Series:
    """Milliseconds since midnight, by the weight of the rhythm's hours."""
    table = _hours(rhythm)
    hour = table.gather(draws.below(len(table), rows))
    return hour * 3_600_000 + draws.below(3_600_000, rows)


@cache
def _hours(rhythm: str) -> pl.Series:
    weights = RHYTHMS[rhythm][1]
    return pl.Series(
        [hour for hour, weight in enumerate(weights) for _ in range(weight)], dtype=pl.Int64
    )


def sample_day(
    made: Templates, day: date, mean_bytes: dict[str, float], budget: float, draws: Draws
) -> pl.DataFrame:
    """One day of requests, in no order.

    Args:
        made: the server's templates.
        day: which day; weekends are quieter.
        mean_bytes: rhythm -> bytes that one of its sessions makes in the logs, on the mean.
        budget: bytes of web logs that a weekday should have.
        draws: the day's random stream.

    Returns:
        Columns `template` (Int64) and `time` (Int64, milliseconds since midnight UTC).
    """
    weekend = day.isoweekday() > 5  # noqa: PLR2004  # Saturday is the sixth
    parts = []
    for rhythm, (quiet, _) in RHYTHMS.items():
        wanted = budget * workload(rhythm) * (quiet if weekend else 1.0) / mean_bytes[rhythm]
        least = 3 if rhythm == "flat" else 0
        count = max(least, int(wanted + draws.one().random()))
        parts.append(_sessions(made, rhythm, count, draws))
    sessions = pl.concat(parts)
    rows = sessions.select(
        pl.int_ranges("first", pl.col("first") + pl.col("steps")).alias("template"), "begin"
    ).explode("template")
    jitter = draws.below(900, rows.height)
    at = rows["begin"] + made.offsets.gather(rows["template"]) + jitter
    return rows.select("template", time=at).filter(pl.col("time") < DAY_MS)


def _sessions(made: Templates, rhythm: str, count: int, draws: Draws) -> pl.DataFrame:
    """Sample sessions by weight through a table of equally likely entries."""
    table = made.starts.filter(pl.col("rhythm") == rhythm)
    total = float(table["weight"].sum())
    edges = (table["weight"].cum_sum() / total * _TABLE).round().cast(pl.Int64)
    counts = (edges - edges.shift(1, fill_value=0)).clip(lower_bound=1)
    entries = pl.select(pl.int_range(0, table.height).repeat_by(counts).explode()).to_series()
    chosen = table[entries.gather(draws.below(len(entries), count))]
    return chosen.select("first", "steps", begin=moments(rhythm, draws, count))
