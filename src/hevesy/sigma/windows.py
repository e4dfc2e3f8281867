"""Where the condition of a correlation holds: windows over the events of one group."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from hevesy.sigma.correlation import Clause, Correlation

__all__ = ["Item", "windows"]

_MICROSECONDS = 1_000_000
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)

_COUNTED = ("event_count", "value_count", "temporal")

_COMPARED: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
    "neq": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Item:
    """An event, or a match of an earlier correlation, as a correlation sees it."""

    time: int
    """Microseconds."""
    rule: int
    events: tuple[int, ...]
    """What tells events apart: the same for every rule that an event matches."""
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Instant:
    """The items of one time: they are in a window together, or not at all."""

    time: int
    first: int
    last: int


def windows(correlation: Correlation, group: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """Windows, as first and last index, in which the condition of a correlation holds.

    Args:
        correlation: What is asked for.
        group: The items of one group, by time.
    """
    instants = _instants(group)
    if correlation.kind != "temporal_ordered":
        yield from _sliding(correlation, group, instants)
        return
    if not correlation.clauses:
        yield from _ordered(correlation.rules, correlation.seconds, group, instants)
        return
    for clause in correlation.clauses:
        yield from _ordered_without(clause, correlation.seconds, group, instants)


def _instants(group: Sequence[Item]) -> list[_Instant]:
    found: list[_Instant] = []
    at = 0
    for time, items in itertools.groupby(group, key=lambda item: item.time):
        count = sum(1 for _ in items)
        found.append(_Instant(time, at, at + count - 1))
        at += count
    return found


def _sliding(
    correlation: Correlation, group: Sequence[Item], instants: Sequence[_Instant]
) -> Iterator[tuple[int, int]]:
    """For each instant the window that ends with it, where the condition holds there."""
    span = correlation.seconds * _MICROSECONDS
    held = _Held(correlation) if correlation.kind in _COUNTED else _Numbers(correlation)
    inside: deque[_Instant] = deque()
    for instant in instants:
        for item in group[instant.first : instant.last + 1]:
            held.add(item)
        inside.append(instant)
        while instant.time - inside[0].time > span:
            gone = inside.popleft()
            for item in group[gone.first : gone.last + 1]:
                held.remove(item)
        if held.holds():
            yield inside[0].first, instant.last


class _Held:
    """What a window holds, counted by distinct things."""

    def __init__(self, correlation: Correlation) -> None:
        """Begin with an empty window."""
        self._correlation = correlation
        self._counts: Counter[Hashable] = Counter()

    def _key(self, item: Item) -> Hashable | None:
        """What an item adds to a count of distinct things; None: nothing."""
        if self._correlation.kind == "temporal":
            return item.rule
        if self._correlation.kind == "value_count":
            values = tuple(item.values.get(name) for name in self._correlation.fields)
            return None if None in values else values
        return item.events

    def add(self, item: Item) -> None:
        """An item has come into the window."""
        key = self._key(item)
        if key is not None:
            self._counts[key] += 1

    def remove(self, item: Item) -> None:
        """An item has left the window."""
        key = self._key(item)
        if key is not None:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def holds(self) -> bool:
        """Whether the condition is true of the window."""
        if self._correlation.clauses:
            return any(
                all(rule in self._counts for rule in clause.present)
                and not any(rule in self._counts for rule in clause.absent)
                for clause in self._correlation.clauses
            )
        return _compares(self._correlation, Fraction(len(self._counts)))


class _Numbers(_Held):
    """The numbers that a window holds, in order, and their exact sum; an event counts once."""

    def __init__(self, correlation: Correlation) -> None:
        """Begin with an empty window."""
        super().__init__(correlation)
        self._sorted: list[Fraction] = []
        self._sum = Fraction(0)

    def add(self, item: Item) -> None:
        """An item has come into the window."""
        number = self._number(item)
        if number is None:
            return
        self._counts[item.events] += 1
        if self._counts[item.events] == 1:
            bisect.insort(self._sorted, number)
            self._sum += number

    def remove(self, item: Item) -> None:
        """An item has left the window."""
        number = self._number(item)
        if number is None:
            return
        self._counts[item.events] -= 1
        if not self._counts[item.events]:
            del self._counts[item.events]
            del self._sorted[bisect.bisect_left(self._sorted, number)]
            self._sum -= number

    def _number(self, item: Item) -> Fraction | None:
        text = item.values.get(self._correlation.fields[0]) or ""
        return Fraction(text) if _NUMBER.fullmatch(text) else None

    def holds(self) -> bool:
        """Whether the condition is true of the window; it never is of no number at all."""
        return bool(self._sorted) and _compares(self._correlation, self._measured())

    def _measured(self) -> Fraction:
        numbers, kind = self._sorted, self._correlation.kind
        count = len(numbers)
        if kind == "value_sum":
            return self._sum
        if kind == "value_avg":
            return self._sum / count
        if kind == "value_median":
            return (numbers[(count - 1) // 2] + numbers[count // 2]) / 2
        rank = math.ceil(Fraction(str(self._correlation.percentile)) * count / 100)  # nearest rank
        return numbers[min(max(1, rank), count) - 1]


def _compares(correlation: Correlation, measured: Fraction) -> bool:
    return _COMPARED[correlation.op](measured, Fraction(str(correlation.count)))


def _ordered(
    steps: Sequence[int], seconds: int, group: Sequence[Item], instants: Sequence[_Instant]
) -> Iterator[tuple[int, int]]:
    """Windows from the first to the last step of a sequence that is short enough.

    For each step the latest possible begin of a sequence up to it is kept. Events of one instant
    count as in order; one event stands for one step only.
    """
    if not steps:
        return
    begins: list[_Instant | None] = [None] * len(steps)
    span = seconds * _MICROSECONDS
    for instant in instants:
        before = [instant, *begins]  # with what a sequence begins that goes on with a step
        items = group[instant.first : instant.last + 1]
        for start in range(len(steps)):
            begin = before[start]
            if begin is None:
                continue
            for step in range(start, start + _reach(steps[start:], items)):
                known = begins[step]
                if known is None or known.time < begin.time:
                    begins[step] = begin
        final = begins[-1]
        ends_here = any(item.rule == steps[-1] for item in items)
        if final is not None and ends_here and instant.time - final.time <= span:
            yield final.first, instant.last


def _reach(steps: Sequence[int], items: Sequence[Item]) -> int:
    """How many steps, from the first on, the items of one instant can be, each event one step."""
    able: dict[int, set[tuple[int, ...]]] = {}
    for item in items:
        able.setdefault(item.rule, set()).add(item.events)
    taken: dict[tuple[int, ...], int] = {}

    def place(step: int, seen: set[tuple[int, ...]]) -> bool:
        """Give a step an event, moving others where need be (Kuhn's bipartite matching)."""
        for events in sorted(able.get(steps[step], ())):
            if events in seen:
                continue
            seen.add(events)
            if events not in taken or place(taken[events], seen):
                taken[events] = step
                return True
        return False

    return next((step for step in range(len(steps)) if not place(step, set())), len(steps))


def _ordered_without(
    clause: Clause, seconds: int, group: Sequence[Item], instants: Sequence[_Instant]
) -> Iterator[tuple[int, int]]:
    """Sequences at whose end the window up to it holds none of the rules that must be absent."""
    unwanted = sorted({item.time for item in group if item.rule in clause.absent})
    times = [instant.time for instant in instants]
    span = seconds * _MICROSECONDS
    ordered = _ordered(clause.present, seconds, group, instants)
    if not clause.present:  # nothing to be ordered: every window
        begins = (bisect.bisect_left(times, time - span) for time in times)
        ordered = (
            (instants[begin].first, each.last) for begin, each in zip(begins, instants, strict=True)
        )
    for first, last in ordered:
        end = group[last].time
        at = bisect.bisect_left(unwanted, end - span)
        if at == len(unwanted) or unwanted[at] > end:
            yield first, last
