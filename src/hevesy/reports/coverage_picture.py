"""Coverage as a picture: where each lane, bar and gap stands; the template draws it as SVG.

One lane a log kind, one bar a UTC day. Everything the picture shows is said in words beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from hevesy.reports.numbers import count_words

if TYPE_CHECKING:
    from hevesy.model import Coverage, RiskWindow, ServerAssessment

__all__ = ["Bar", "Lane", "Picture", "Tick", "Window", "draw_coverage"]

LABEL, WIDTH, RIGHT = 224.0, 706.0, 14.0
TOP, LANE, BAR, FOOT = 46.0, 30.0, 20.0, 30.0
MAX_LANES = 24
MAX_TITLE = 28
MAX_BAR_DAYS = 400
"""With more days a bar would be thinner than two pixels of a wide screen: runs are drawn."""
MAX_DAY_TICKS = 45
FAR = 400
"""Days further than this from the next day with records are left out of the picture."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, in user units."""

    x: float
    y: float
    width: float
    height: float
    text: str = ""
    """What a pointer that rests on it is told."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One log kind."""

    title: str
    y: float
    """Of its base line."""
    runs: tuple[Bar, ...]
    """Whole stretches of days with records."""
    bars: tuple[Bar, ...]
    """Days, their height by the logarithm of their records."""
    gaps: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the time axis, with its label."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """A window of risk, above the lanes."""

    x: float
    width: float
    text: str
    covered: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the SVG of one server holds."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    windows: tuple[Window, ...]
    attacks: tuple[Tick, ...]
    left_out: tuple[str, ...]
    """What is not drawn, in words."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From days to user units; ordinals, since a hostile date may be the last that Python has."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    def x(self, day: int) -> float:
        clamped = min(max(day, self.first), self.last + 1)
        return round(LABEL + WIDTH * (clamped - self.first) / self.days, 2)

    def span(self, first: int, last: int) -> tuple[float, float]:
        """Left edge and width of the days from first to last, both included."""
        left = self.x(first)
        return left, round(max(self.x(last + 1) - left, 0.5), 2)


def draw_coverage(server: ServerAssessment, attack_days: tuple[date, ...]) -> Picture | None:
    """Place everything; None where the evidence holds no dated record of the server."""
    days = sorted({day.toordinal() for lane in server.coverage for day, _ in lane.days})
    if not days:
        return None
    near, left_out = _without_far_days(days)
    scale = _scale(near, server.windows)
    lanes = [lane for lane in server.coverage if lane.days]
    if len(lanes) > MAX_LANES:
        left_out = (*left_out, f"{len(lanes) - MAX_LANES} more log kinds")
    drawn = tuple(
        _lane(lane, scale, TOP + LANE * (number + 1))
        for number, lane in enumerate(lanes[:MAX_LANES])
    )
    bottom = TOP + LANE * len(drawn) + 6
    inside = [day for day in attack_days if scale.first <= day.toordinal() <= scale.last]
    return Picture(
        width=LABEL + WIDTH + RIGHT,
        height=bottom + FOOT,
        left=LABEL,
        right=LABEL + WIDTH,
        top=TOP,
        bottom=bottom,
        ticks=_ticks(scale),
        lanes=drawn,
        windows=tuple(_window(window, scale) for window in server.windows),
        attacks=tuple(
            Tick(round(scale.x(day.toordinal()) + WIDTH / scale.days / 2, 2), f"{day}")
            for day in inside
        ),
        left_out=left_out,
    )


def _without_far_days(days: list[int]) -> tuple[list[int], tuple[str, ...]]:
    """Keep the stretch with most days: one record dated 1970 must not squeeze all the others."""
    stretches: list[list[int]] = [[days[0]]]
    for before, day in pairwise(days):
        if day - before > FAR:
            stretches.append([])
        stretches[-1].append(day)
    kept = max(stretches, key=len)
    return kept, tuple(_said(stretch) for stretch in stretches if stretch is not kept)


def _said(days: list[int]) -> str:
    count = "1 day" if len(days) == 1 else f"{len(days):,} days"
    return f"records of {count} from {date.fromordinal(days[0])} to {date.fromordinal(days[-1])}"


def _scale(days: list[int], windows: tuple[RiskWindow, ...]) -> _Scale:
    """From the first day or the start of the nearest window to the last day."""
    starts = [window.start.toordinal() for window in windows]
    near = [start for start in starts if days[0] - FAR <= start <= days[-1]]
    return _Scale(min([days[0], *near]), days[-1])


def _lane(coverage: Coverage, scale: _Scale, base: float) -> Lane:
    dated = [(day.toordinal(), count) for day, count in coverage.days]
    days = [(day, count) for day, count in dated if scale.first <= day <= scale.last]
    most = max((count for _, count in days), default=1)
    bars: tuple[Bar, ...] = ()
    if scale.days <= MAX_BAR_DAYS:
        bars = tuple(_bar(day, count, most, scale, base) for day, count in days)
    return Lane(
        title=_short(coverage),
        y=base,
        runs=tuple(_block(*run, scale, base) for run in _runs([day for day, _ in days])),
        bars=bars,
        gaps=tuple(
            _block(
                first.toordinal(),
                last.toordinal(),
                scale,
                base,
                f"{coverage.title}: no record from {first} to {last}",
            )
            for first, last in coverage.gaps
            if last.toordinal() >= scale.first and first.toordinal() <= scale.last
        ),
    )


def _short(coverage: Coverage) -> str:
    """A title that fits beside its lane; of a channel the end, which tells it from the others."""
    if not coverage.kind.startswith("windows:"):
        return coverage.title[:MAX_TITLE]
    name = coverage.kind.removeprefix("windows:").removeprefix("Microsoft-")
    name = name.removeprefix("Windows-")
    room = MAX_TITLE - len("events: ")
    return f"events: {name}" if len(name) <= room else f"events: …{name[1 - room :]}"


def _block(first: int, last: int, scale: _Scale, base: float, text: str = "") -> Bar:
    left, width = scale.span(first, last)
    return Bar(left, base - BAR, width, BAR, text)


def _bar(day: int, count: int, most: int, scale: _Scale, base: float) -> Bar:
    left, width = scale.span(day, day)
    part = math.log1p(count) / math.log1p(most) if most > 0 else 0.0
    height = round(max(2.0, BAR * part), 2)
    space = min(1.0, width * 0.15)
    return Bar(
        round(left + space / 2, 2),
        round(base - height, 2),
        round(width - space, 2),
        height,
        f"{date.fromordinal(day)}: {count_words(count, 'record')}",
    )


def _runs(days: list[int]) -> list[tuple[int, int]]:
    """First and last day of each stretch of days without a break; days in ascending order."""
    runs: list[tuple[int, int]] = []
    for day in days:
        if runs and day - runs[-1][1] == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _ticks(scale: _Scale) -> tuple[Tick, ...]:
    """Some six to twelve dates in ISO form: days, months or years, whatever fits."""
    if scale.days <= MAX_DAY_TICKS:
        step = max(1, round(scale.days / 7))
        days = range(scale.first, scale.last + 1, step)
        return tuple(Tick(scale.x(day), f"{date.fromordinal(day)}"[5:]) for day in days)
    months = _month_starts(date.fromordinal(scale.first), date.fromordinal(scale.last))
    step = max(1, math.ceil(len(months) / 10))
    ticks = [Tick(scale.x(day.toordinal()), f"{day}"[:7]) for day in months[::step]]
    if ticks[0].x - LABEL > WIDTH / 10:
        ticks.insert(0, Tick(LABEL, f"{date.fromordinal(scale.first)}"))
    return tuple(ticks)


def _month_starts(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(month // 12, month % 12 + 1, 1) for month in months]
    return [start for start in starts if start >= first] or [first]


def _window(window: RiskWindow, scale: _Scale) -> Window:
    start = window.start.toordinal()
    end = window.end.toordinal() if window.end else scale.last
    left, width = scale.span(start, max(end, start))
    covered = "covered" if window.covered else "not covered"
    return Window(left, width, f"window of risk, {window.threat}: {covered}", window.covered)
