"""The nouns `Batch` and `Parser`, and how the surveys of batches add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from hevesy.model import (
    BuildSeen,
    ClientSeen,
    DamagedRow,
    DayCount,
    Source,
    Survey,
    TargetSeen,
)
from hevesy.records.clients import add_up_clients
from hevesy.records.wanted import Wanted

if TYPE_CHECKING:
    from datetime import date, datetime

    from hevesy.records.text_log import TextLog  # noqa: TC004  # it needs `Batch`; names suffice here

__all__ = ["Batch", "Parser", "add_up", "counted"]

_SAMPLES = 5
_HEADERS = 16
_NOTES = 16
_NAMES = 64
_BUILDS = 64
_TARGETS = 256
_DAYS = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """A bounded frame of one table, and what reading it saw.

    The survey of a source is the sum of its batches' surveys (`add_up`): every byte is read once,
    for the ledger and for detection.
    """

    table: str
    """Name of the table: `httpproxy`."""
    frame: pl.DataFrame
    """`hevesy.tables.PROVENANCE` columns, then the log's own; rows passed over are absent."""
    survey: Survey
    """This batch's share; `sha256` is empty."""


@dataclass(frozen=True, slots=True)
class Parser:
    """One log kind: how it is recognised and parsed."""

    kind: str
    """A key of `hevesy.tables.KINDS`."""
    recognise: Callable[[bytes, str], bool]
    """`(head, path) -> bool`: the first 64 KiB, and the lower-case path joined by `/`; an empty
    path asks whether the content alone says so."""
    parse: Callable[[Source, BinaryIO, Wanted | None], Iterator[Batch]] | None
    """`(source, stream, wanted)`; None for a file kind. With `wanted`, rows that it does not want
    may be counted as passed over."""
    seekable: bool = False
    """Whether `stream` must be seekable (EVTX)."""
    text: TextLog | None = None
    """How a text log is read, so that rows of many of them can be read together."""


_COUNTED = re.compile(r"(.+ \(counted by row\)): (\d+)")


def counted(what: str, count: int) -> str:
    """A note of how many rows something is true of: `add_up` adds the numbers of such notes."""
    return f"{what} (counted by row): {count}"


def add_up(surveys: Iterable[Survey]) -> Survey:
    """The survey of a source: the sum of its batches' surveys, which come in the source's order.

    Lists that hostile evidence could make endless are bounded: 16 headers and notes, 64 builds
    and server names (those seen most), 256 targets, 64 addresses, five damaged rows; beyond 10,000
    days and servers, rows are counted under no server name.
    """
    total = Survey()
    days: dict[tuple[str, str, date], DayCount] = {}
    builds: dict[tuple[str, str], BuildSeen] = {}
    names: Counter[str] = Counter()
    targets: dict[tuple[str, str], TargetSeen] = {}
    asked: list[tuple[ClientSeen, ...]] = []
    offsets: Counter[int] = Counter()
    samples: list[DamagedRow] = []
    headers: dict[str, None] = {}
    notes: dict[str, None] = {}
    tallies: Counter[str] = Counter()
    for survey in surveys:
        total = _sums(total, survey)
        for day in survey.days:
            _add_day(days, day)
        for build in survey.builds:
            seen = builds.get((build.build, build.origin))
            builds[build.build, build.origin] = _same_build(seen, build) if seen else build
        for target in survey.targets:
            told = targets.get((target.name, target.build))
            targets[target.name, target.build] = _same_target(told, target) if told else target
        asked.append(survey.clients)
        names.update(dict(survey.names))
        if survey.clock_offset is not None:
            offsets[survey.clock_offset] += 1
        samples.extend(survey.damaged_samples[: max(0, _SAMPLES - len(samples))])
        headers.update(dict.fromkeys(survey.headers))
        for note in survey.notes:
            if tally := _COUNTED.fullmatch(note):
                tallies[tally[1]] += int(tally[2])
            else:
                notes[note] = None
    by_count = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    return replace(
        total,
        damaged_samples=tuple(samples),
        days=tuple(days[key] for key in sorted(days)),
        headers=tuple(headers)[:_HEADERS],
        builds=tuple(builds[key] for key in sorted(builds))[:_BUILDS],
        names=tuple(by_count[:_NAMES]),
        targets=tuple(targets[key] for key in sorted(targets))[:_TARGETS],
        clients=add_up_clients(asked),
        clock_offset=min(offsets, key=lambda one: (-offsets[one], one), default=None),
        notes=(
            *tuple(notes)[: _NOTES - len(tallies)],
            *(f"{what}: {count}" for what, count in sorted(tallies.items())),
        ),
    )


def _sums(total: Survey, survey: Survey) -> Survey:
    return replace(
        total,
        sha256=total.sha256 or survey.sha256,
        size=total.size + survey.size,
        rows=total.rows + survey.rows,
        parsed=total.parsed + survey.parsed,
        passed_over=total.passed_over + survey.passed_over,
        damaged=total.damaged + survey.damaged,
        first=_earliest(total.first, survey.first),
        last=_latest(total.last, survey.last),
    )


def _add_day(days: dict[tuple[str, str, date], DayCount], day: DayCount) -> None:
    key = (day.server, day.kind, day.day)
    if key not in days and len(days) >= _DAYS:
        key = ("", day.kind, day.day)
        day = replace(day, server="")
    days[key] = _same_day(days[key], day) if key in days else day


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((time for time in (one, other) if time is not None), default=None)


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((time for time in (one, other) if time is not None), default=None)


def _same_day(one: DayCount, other: DayCount) -> DayCount:
    return replace(
        one,
        records=one.records + other.records,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
    )


def _same_build(one: BuildSeen, other: BuildSeen) -> BuildSeen:
    return replace(
        one,
        first=_earliest(one.first, other.first),
        last=_latest(one.last, other.last),
        line=min((line for line in (one.line, other.line) if line is not None), default=None),
        last_line=max(
            (line for line in (one.last_line, other.last_line) if line is not None), default=None
        ),
    )


def _same_target(one: TargetSeen, other: TargetSeen) -> TargetSeen:
    return replace(
        one,
        first=_earliest(one.first, other.first),
        last=_latest(one.last, other.last),
        line=min((line for line in (one.line, other.line) if line is not None), default=None),
    )
