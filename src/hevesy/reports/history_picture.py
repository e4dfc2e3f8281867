"""Attacks above, builds below, on one time axis: where each mark, bar and gap stands.

The template draws it as SVG. Each lane says in words what it shows, so that nothing rests on
colour, and a table beside it holds the same with files and lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hevesy.reports.numbers import count_words, span_words
from hevesy.reports.words import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hevesy.model import BuildSpan, Finding, OpenSpan, ServerAssessment

__all__ = ["AttackLane", "Between", "BuildLane", "HistoryPicture", "Mark", "Tick", "draw_history"]

LABEL, WIDTH, RIGHT = 190.0, 740.0, 14.0
TOP, ATTACK, BAR, CAPTION, BETWEEN, FOOT = 34.0, 24.0, 16.0, 17.0, 18.0, 12.0
SPACE = 16.0
"""Between the attacks and the builds."""
MAX_BUILDS = 12
MAX_ATTACKS = 10
MAX_MARKS = 160
"""Marks of a lane; more would stand on each other."""
MAX_TICKS = 10
LEAST = 3.0
"""Width of the narrowest bar, in user units: what took an hour of a year is still seen."""
NAMED = 1
YEARS = 40
"""Days that are so many years from the newest are a mistake of a clock: they are not drawn."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Records of one finding: a point, or a line between two where they took their time."""

    x: float
    end: float
    text: str
    """What a pointer that rests on it is told."""


@dataclass(frozen=True, slots=True)
class AttackLane:
    """Attacks on one vulnerability to which the server stood in one way."""

    title: str
    """`CVE-2021-26855, open`."""
    answer: str
    y: float
    """Of its middle."""
    marks: tuple[Mark, ...]
    caption: str
    """`10 records, none succeeded`."""
    at: float
    anchor: str
    """`start` or `end`: on which side of `at` the caption stands."""


@dataclass(frozen=True, slots=True)
class BuildLane:
    """One build, from the first line that shows it to the last."""

    title: str
    x: float
    y: float
    """Upper edge of the bar."""
    width: float
    is_open: bool
    caption: str
    """`open to CVE-2021-26855 and 3 more`; `fixes ...`."""
    at: float
    anchor: str
    text: str
    fixes: bool
    """Whether a fix is marked where it begins."""


@dataclass(frozen=True, slots=True)
class Between:
    """Between the last line of a build and the first of the next: it was changed there."""

    x: float
    y: float
    width: float
    height: float
    caption: str
    at: float
    line: float
    """Of the caption's letters."""
    anchor: str


@dataclass(frozen=True, slots=True)
class HistoryPicture:
    """All that the SVG of one server holds."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    parting: float
    """Height of the line between attacks and builds; 0 where one of them is missing."""
    ticks: tuple[Tick, ...]
    attacks: tuple[AttackLane, ...]
    builds: tuple[BuildLane, ...]
    gaps: tuple[Between, ...]
    left_out: tuple[str, ...]
    """What is not drawn, in words."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From times to user units."""

    first: float
    last: float

    def x(self, moment: datetime) -> float:
        part = (moment.timestamp() - self.first) / (self.last - self.first)
        return round(LABEL + WIDTH * min(max(part, 0.0), 1.0), 2)

    @property
    def days(self) -> float:
        return (self.last - self.first) / 86400


def draw_history(
    server: ServerAssessment, findings: Iterable[Finding] = ()
) -> HistoryPicture | None:
    """Place everything; None where no line shows a build of the server.

    Args:
        server: With its history and what it was attacked with.
        findings: All findings; those of the server that name a vulnerability are drawn.
    """
    if not server.history:
        return None
    left_out: list[str] = []
    builds = _recent(server.history, left_out)
    spans = _spans(server, findings, builds)
    scale = _scale(builds, spans)
    attacks, y = _attack_lanes(spans, scale, left_out)
    parting = y + SPACE / 2 if attacks else 0.0
    lanes, gaps, bottom = _build_lanes(builds, scale, y + SPACE if attacks else y)
    return HistoryPicture(
        width=LABEL + WIDTH + RIGHT,
        height=bottom + FOOT,
        left=LABEL,
        right=LABEL + WIDTH,
        top=TOP,
        bottom=bottom,
        parting=parting,
        ticks=_ticks(scale),
        attacks=attacks,
        builds=lanes,
        gaps=gaps,
        left_out=tuple(left_out),
    )


def _recent(history: Sequence[BuildSpan], left_out: list[str]) -> tuple[BuildSpan, ...]:
    """The newest builds; none that a broken clock puts into another age."""
    newest = max(one.last.time for one in history)
    near = [one for one in history if (newest - one.first.time).days <= YEARS * 366]
    kept = near[-MAX_BUILDS:]
    left_out += [
        f"{one.name} ({one.build}), {one.first.time:%Y-%m-%d} to {one.last.time:%Y-%m-%d}"
        for one in history
        if one not in kept
    ]
    return tuple(kept)


def _spans(
    server: ServerAssessment, findings: Iterable[Finding], builds: Sequence[BuildSpan]
) -> list[OpenSpan]:
    """What is drawn as attacks: records of hevesy's findings, and of none from another age."""
    newest = max(one.last.time for one in builds)
    return [
        span
        for finding in findings
        if finding.server == server.name and finding.own
        for span in finding.open_spans
        if abs((newest - span.first).days) <= YEARS * 366
    ]


def _scale(builds: Sequence[BuildSpan], spans: Sequence[OpenSpan]) -> _Scale:
    """Whole days, from the first line or attack to the last."""
    starts = [one.first.time for one in builds] + [one.first for one in spans]
    ends = [one.last.time for one in builds] + [one.last for one in spans]
    first = min(starts).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(ends).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _Scale(first.timestamp(), last.timestamp() + 86400)


def _attack_lanes(
    spans: Sequence[OpenSpan], scale: _Scale, left_out: list[str]
) -> tuple[tuple[AttackLane, ...], float]:
    """The lanes, and where they end: a lane a vulnerability and answer, the first attack first."""
    grouped: dict[tuple[str, str], list[OpenSpan]] = {}
    for span in sorted(spans, key=lambda one: (one.first, one.cve, one.answer)):
        grouped.setdefault((span.cve, span.answer), []).append(span)
    lanes: list[AttackLane] = []
    for number, ((cve, answer), several) in enumerate(grouped.items()):
        if number >= MAX_ATTACKS:
            count = sum(span.count for span in several)
            left_out.append(
                f"{count_words(count, 'record')} of attacks on {cve}, {label('open', answer)}"
            )
            continue
        y = TOP + ATTACK * (len(lanes) + 0.5) + 4
        lanes.append(_attack_lane(cve, answer, several, scale, y))
    return tuple(lanes), TOP + 4 + ATTACK * len(lanes)


def _attack_lane(
    cve: str, answer: str, spans: Sequence[OpenSpan], scale: _Scale, y: float
) -> AttackLane:
    marks: dict[tuple[int, int], Mark] = {}
    for span in spans:
        first, last = scale.x(span.first), scale.x(span.last)
        records = count_words(span.count, "record")
        text = f"{span.first:%Y-%m-%d %H:%M} UTC: {records}, {label('open', answer)}: {span.why}"
        marks.setdefault((round(first), round(last)), Mark(first, last, text))
    count, succeeded = (sum(getattr(s, name) for s in spans) for name in ("count", "succeeded"))
    said = f"{count_words(count, 'record')}, {f'{succeeded:,}' if succeeded else 'none'} succeeded"
    at, anchor = _beside(
        min(mark.x for mark in marks.values()), max(mark.end for mark in marks.values())
    )
    return AttackLane(
        title=f"{cve}, {label('open', answer)}",
        answer=answer,
        y=y,
        marks=tuple(list(marks.values())[:MAX_MARKS]),
        caption=said,
        at=at,
        anchor=anchor,
    )


def _beside(first: float, last: float) -> tuple[float, str]:
    """Where words beside marks have room: to the right of the last, or to the left of the first."""
    if LABEL + WIDTH - last >= first - LABEL:
        return last + 12, "start"
    return first - 12, "end"


def _build_lanes(
    builds: Sequence[BuildSpan], scale: _Scale, y: float
) -> tuple[tuple[BuildLane, ...], tuple[Between, ...], float]:
    lanes: list[BuildLane] = []
    gaps: list[Between] = []
    for number, build in enumerate(builds):
        if number:
            before = builds[number - 1]
            if before.last.time < build.first.time:
                gaps.append(_gap(before, build, scale, y))
                y += BETWEEN
        lanes.append(_build_lane(build, scale, y))
        y += BAR + CAPTION
    return tuple(lanes), tuple(gaps), y


def _build_lane(build: BuildSpan, scale: _Scale, y: float) -> BuildLane:
    left, right = scale.x(build.first.time), scale.x(build.last.time)
    width = max(right - left, LEAST)
    middle = LABEL + WIDTH / 2
    starts = left <= middle
    return BuildLane(
        title=build.label,
        x=left,
        y=y,
        width=round(width, 2),
        is_open=bool(build.open),
        caption=_caption(build),
        at=left if starts else right,
        anchor="start" if starts else "end",
        text=(
            f"{build.name} ({build.build}): first line {build.first.time:%Y-%m-%d %H:%M:%S}, "
            f"last line {build.last.time:%Y-%m-%d %H:%M:%S} UTC"
        ),
        fixes=bool(build.closes),
    )


def _caption(build: BuildSpan) -> str:
    """What the build closes and is open to, short enough for half of the picture."""
    parts = []
    if build.closes:
        parts.append(f"fixes {_named(build.closes)}")
    if build.open:
        parts.append(f"{'still ' if build.closes else ''}open to {_named(build.open)}")
    return "; ".join(parts) or "open to none of them"


def _named(cves: Sequence[str]) -> str:
    more = len(cves) - NAMED
    return f"{', '.join(cves[:NAMED])}{f' and {more} more' if more > 0 else ''}"


def _gap(before: BuildSpan, build: BuildSpan, scale: _Scale, y: float) -> Between:
    left, right = scale.x(before.last.time), scale.x(build.first.time)
    width = max(right - left, LEAST)
    starts = left <= LABEL + WIDTH / 2
    took = span_words(build.first.time - before.last.time)
    return Between(
        x=left,
        y=y - CAPTION - BAR,
        width=round(width, 2),
        height=BAR + CAPTION + BETWEEN + BAR,
        caption=f"changed in between ({took} without a line)",
        at=round(left + width + 8 if starts else left - 8, 2),
        line=y + BETWEEN - 6,
        anchor="start" if starts else "end",
    )


def _ticks(scale: _Scale) -> tuple[Tick, ...]:
    """At most `MAX_TICKS` dates in ISO form: days, months or years, whatever fits."""
    first = datetime.fromtimestamp(scale.first, UTC)
    last = datetime.fromtimestamp(scale.last, UTC)
    if scale.days <= MAX_TICKS * 7:
        step = max(1, math.ceil(scale.days / MAX_TICKS))
        days = [first + timedelta(days=number) for number in range(0, math.ceil(scale.days), step)]
        long = first.year != last.year
        return tuple(Tick(scale.x(day), f"{day:%Y-%m-%d}"[0 if long else 5 :]) for day in days)
    months = [
        datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    inside = [month for month in months if first <= month < last]
    if len(inside) > MAX_TICKS * 4:
        inside = [month for month in inside if month.month == 1]
        step = max(1, math.ceil(len(inside) / MAX_TICKS))
        return tuple(Tick(scale.x(month), f"{month:%Y}") for month in inside[::step])
    step = max(1, math.ceil(len(inside) / MAX_TICKS))
    ticks = [Tick(scale.x(month), f"{month:%Y-%m}") for month in inside[::step]]
    far = not ticks or ticks[0].x - LABEL > WIDTH / MAX_TICKS
    start = [Tick(LABEL, f"{first:%Y-%m-%d}")] if far else []
    return (*start, *ticks)
