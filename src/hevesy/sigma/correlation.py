"""Correlation rules: what they say, compiled, and what they find among matches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from hevesy.sigma.folding import as_text
from hevesy.sigma.windows import Item, windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

__all__ = ["RESULT", "Clause", "Correlation", "correlate", "fields_of"]

RESULT = {"rule": pl.UInt32, "match": pl.UInt32, "event": pl.UInt64}
"""Columns of the result: one row an event that a match is made of."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One way in which a condition over rule names holds."""

    present: tuple[int, ...]
    """Rules of which the window must hold an event, in the order of the correlation's rules."""
    absent: tuple[int, ...] = ()
    """Rules of which it must hold none."""


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
    clauses: tuple[Clause, ...] = field(default=())
    """A condition over rule names (`a and not b`), of which one clause must hold; then `op` and
    `count` say nothing."""


def fields_of(correlations: Collection[Correlation]) -> tuple[str, ...]:
    """The fields that `correlate` looks for in events, sorted."""
    of_matches = {(each.rule, name) for each in correlations for name in each.group_by}
    names: set[str] = set()
    for each in correlations:
        names.update(each.fields)
        for name in each.group_by:
            alias = each.aliases.get(name, {})
            names.update(alias.values())
            own = (rule for rule in each.rules if rule not in alias)  # under the name itself
            if any((rule, name) not in of_matches for rule in own):
                names.add(name)
    return tuple(sorted(names))


def correlate(correlations: Sequence[Correlation], events: pl.DataFrame) -> pl.DataFrame:
    """See `Ruleset.correlate`."""
    items: dict[int, list[Item]] = defaultdict(list)
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
            items[each.rule].append(Item(run[-1].time, each.rule, tuple(members), values))
    return pl.DataFrame(found, schema=RESULT, orient="row")


def _items(events: pl.DataFrame, names: Sequence[str]) -> Iterator[Item]:
    """The rows of `events` that have a time; values as text."""
    held = events.drop_nulls("time")
    columns: dict[str, list[str | None]] = {
        name: as_text(held[name]).to_list() for name in names if name in held.columns
    }
    # whole microseconds: a window of ten seconds must hold what lies exactly ten apart
    times: list[int] = held["time"].cast(pl.Datetime("us", "UTC")).cast(pl.Int64).to_list()
    rules: list[int] = held["rule"].to_list()
    numbers: list[int] = held["event"].to_list()
    for row, (time, rule, event) in enumerate(zip(times, rules, numbers, strict=True)):
        values = {name: column[row] for name, column in columns.items()}
        yield Item(time, rule, (event,), values)


def _matches(
    correlation: Correlation, items: dict[int, list[Item]]
) -> Iterator[tuple[tuple[str, ...], list[Item]]]:
    """Group values and items of each match, in a stable order."""
    groups: dict[tuple[str, ...], list[Item]] = defaultdict(list)
    for rule in dict.fromkeys(correlation.rules):
        for item in items.get(rule, ()):
            key = tuple(_group_value(correlation, name, item) for name in correlation.group_by)
            if None not in key:  # an event without the value belongs to no group
                groups[tuple(str(part) for part in key)].append(item)
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda item: (item.time, item.events, item.rule))
        for first, last in _merged(windows(correlation, group)):
            yield key, group[first : last + 1]


def _group_value(correlation: Correlation, name: str, item: Item) -> str | None:
    """The value of a group-by name, through the alias of the item's rule where it has one."""
    alias = correlation.aliases.get(name, {}).get(item.rule, name)
    return item.values.get(alias, item.values.get(name))


def _merged(found: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Windows that overlap as one: many alike events are one match, not one each."""
    current: tuple[int, int] | None = None
    for first, last in sorted(found):
        if current is not None and first <= current[1]:
            current = (current[0], max(last, current[1]))
        else:
            if current is not None:
                yield current
            current = (first, last)
    if current is not None:
        yield current
