"""Correlation rules: what they say, compiled, and what they find among matches."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.sigma.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

__all__ = ["RESULT", "Correlation", "correlate", "fields_of"]

RESULT = {"rule": pl.UInt32, "match": pl.UInt32, "event": pl.UInt64}
"""Columns of the result: one row an event that a match is made of."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation rule, its references resolved."""

    rule: int
    """Index into `Ruleset.rules`, of itself."""
    kind: str
    """`event_count`, `value_count`, `temporal`, `temporal_ordered`, `value_sum` ..."""
    rules: tuple[int, ...]
    """The rules that it refers to, in order; they may be correlations that come before it."""
    seconds: int
    group_by: tuple[str, ...]
    aliases: dict[str, dict[int, str]]
    """Name in `group_by` -> rule -> the field of that rule's events."""
    op: str
    """`lt`, `lte`, `gt`, `gte`, `eq`, `neq`."""
    count: float
    fields: tuple[str, ...] = ()
    """The fields that are counted or computed with."""
    percentile: float = 50
    generate: bool = False
    """Whether the rules that it refers to are also shown for themselves."""


def fields_of(correlations: Iterable[Correlation]) -> tuple[str, ...]:
    """The fields that `correlate` looks for in events, sorted."""
    names: set[str] = set()
    for each in correlations:
        names.update(each.fields)
        for name in each.group_by:
            names.update(each.aliases[name].values() if name in each.aliases else (name,))
    return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class _Item:
    """An event, or a match of an earlier correlation, as a correlation sees it."""

    time: float
    rule: int
    events: tuple[int, ...]
    values: dict[str, Any] = field(default_factory=dict)


def correlate(correlations: Sequence[Correlation], events: pl.DataFrame) -> pl.DataFrame:
    """See `Ruleset.correlate`."""
    items: dict[int, list[_Item]] = defaultdict(list)
    for item in _items(events, fields_of(correlations)):
        items[item.rule].append(item)
    found: list[tuple[int, int, int]] = []
    number = 0
    for each in correlations:  # those that others refer to come first
        for group, run in _matches(each, items):
            members = sorted({event for item in run for event in item.events})
            found.extend((each.rule, number, event) for event in members)
            number += 1
            values = dict(zip(each.group_by, group, strict=True))
            items[each.rule].append(_Item(run[-1].time, each.rule, tuple(members), values))
    return pl.DataFrame(found, schema=RESULT, orient="row")


def _items(events: pl.DataFrame, names: Sequence[str]) -> Iterator[_Item]:
    """The rows of `events` that have a time; group values as text."""
    held = events.drop_nulls("time")
    columns = [as_text(held[name]).to_list() if name in held.columns else None for name in names]
    times: list[datetime] = held["time"].to_list()
    rules: list[int] = held["rule"].to_list()
    numbers: list[int] = held["event"].to_list()
    for row, (time, rule, event) in enumerate(zip(times, rules, numbers, strict=True)):
        values = {name: column[row] for name, column in zip(names, columns, strict=True) if column}
        yield _Item(time.timestamp(), rule, (event,), values)


def _matches(
    correlation: Correlation, items: dict[int, list[_Item]]
) -> Iterator[tuple[tuple[str, ...], list[_Item]]]:
    """Group values and items of each match, in a stable order."""
    groups: dict[tuple[str, ...], list[_Item]] = defaultdict(list)
    for rule in dict.fromkeys(correlation.rules):
        for item in items.get(rule, ()):
            key = tuple(_group_value(correlation, name, item) for name in correlation.group_by)
            if None not in key:  # an event without the value belongs to no group
                groups[tuple(str(part) for part in key)].append(item)
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda item: (item.time, _place(correlation, item)))
        windows = _ordered if correlation.kind == "temporal_ordered" else _sliding
        for first, last in _merged(windows(correlation, group)):
            yield key, group[first : last + 1]


def _group_value(correlation: Correlation, name: str, item: _Item) -> str | None:
    """The value of a group-by name, through the alias of the item's rule where it has one."""
    alias = correlation.aliases.get(name, {}).get(item.rule, name)
    value: str | None = item.values.get(alias, item.values.get(name))
    return value


def _place(correlation: Correlation, item: _Item) -> tuple[int, tuple[int, ...]]:
    """Among equal times: by the order of the rules, then by event, so that input order is moot."""
    return correlation.rules.index(item.rule), item.events


def _merged(windows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Windows that overlap as one: many alike events are one match, not one each."""
    current: tuple[int, int] | None = None
    for first, last in windows:
        if current is not None and first <= current[1]:
            current = (min(first, current[0]), max(last, current[1]))
        else:
            if current is not None:
                yield current
            current = (first, last)
    if current is not None:
        yield current


def _sliding(correlation: Correlation, group: list[_Item]) -> Iterator[tuple[int, int]]:
    """For each item the window that ends with it, where the condition holds there."""
    first = 0
    counts: Counter[Any] = Counter()
    keys = [_counted(correlation, item) for item in group]
    holds = _condition(correlation)
    last_index = len(group) - 1
    for last, item in enumerate(group):
        counts.update(keys[last])
        while item.time - group[first].time > correlation.seconds:
            for key in keys[first]:
                counts[key] -= 1
                if not counts[key]:
                    del counts[key]
            first += 1
        if last < last_index and group[last + 1].time == item.time:
            continue  # events of one instant are in the window together
        measured = _measure(correlation, counts, group[first : last + 1])
        if measured is not None and holds(measured):
            yield first, last


def _counted(correlation: Correlation, item: _Item) -> list[Any]:
    """What an item adds to a count of distinct things."""
    if correlation.kind == "temporal":
        return [item.rule]
    if correlation.kind == "value_count":
        values = tuple(item.values.get(name) for name in correlation.fields)
        return [] if None in values else [values]
    return list(item.events) if correlation.kind == "event_count" else []


def _measure(correlation: Correlation, counts: Counter[Any], window: list[_Item]) -> float | None:
    """The number that the condition is about; None where there is none."""
    if correlation.kind in ("temporal", "value_count", "event_count"):
        return len(counts)
    numbers: list[float] = []
    for item in window:
        try:
            numbers.append(float(item.values.get(correlation.fields[0]) or ""))
        except ValueError:
            continue  # no number
    if not numbers:
        return None
    if correlation.kind == "value_sum":
        return math.fsum(numbers)
    if correlation.kind == "value_avg":
        return statistics.fmean(numbers)
    if correlation.kind == "value_median":
        return statistics.median(numbers)
    rank = max(1, math.ceil(correlation.percentile / 100 * len(numbers)))  # nearest rank
    return sorted(numbers)[rank - 1]


def _condition(correlation: Correlation) -> Callable[[float], bool]:
    wanted = correlation.count
    tests: dict[str, Callable[[float], bool]] = {
        "lt": lambda measured: measured < wanted,
        "lte": lambda measured: measured <= wanted,
        "gt": lambda measured: measured > wanted,
        "gte": lambda measured: measured >= wanted,
        "eq": lambda measured: measured == wanted,
        "neq": lambda measured: measured != wanted,
    }
    return tests[correlation.op]


def _ordered(correlation: Correlation, group: list[_Item]) -> Iterator[tuple[int, int]]:
    """Windows from the first to the last step of a sequence that is short enough.

    For each step the latest possible begin of a sequence up to it is kept, and the one before that
    for an event that is two steps at once: one event stands for one step only. Events of one
    instant count as in order.
    """
    chains: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in correlation.rules]
    final = len(chains) - 1
    for index, item in enumerate(group):
        for step in range(final, -1, -1):
            if correlation.rules[step] != item.rule:
                continue
            before = chains[step - 1] if step else [(index, ())]
            begin = max((begin for begin, end in before if end != item.events), default=None)
            if begin is None:
                continue
            others = [chain for chain in chains[step] if chain[1] != item.events]
            chains[step] = [*sorted(others)[-1:], (begin, item.events)]
            if step == final and item.time - group[begin].time <= correlation.seconds:
                yield begin, index
