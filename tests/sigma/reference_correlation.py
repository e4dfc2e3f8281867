"""Correlations event by event, with no cleverness: what the engine's answers are compared with."""

# ruff: noqa: ANN401  # what YAML holds is of many types

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

__all__ = ["correlate"]

Event = Mapping[str, Any]
"""`name` of the rule, `time`, `events` (a set of numbers), and field values as text or None."""


def correlate(rules: Sequence[Mapping[str, Any]], events: Sequence[Event]) -> list[Any]:
    """Name of the correlation and events of each match.

    Args:
        rules: Correlation rules as in YAML, each after those that it refers to.
        events: Pairs of rule and event.
    """
    found: list[Any] = []
    known = list(events)
    for rule in rules:
        for match in list(_matches(rule["correlation"], known)):
            found.append((rule["name"], match["events"]))
            known.append({**match, "name": rule["name"]})
    return found


def _matches(said: Mapping[str, Any], known: Sequence[Event]) -> Iterator[dict[str, Any]]:
    names = said.get("group-by", [])
    groups: dict[Any, list[Event]] = {}
    for event in known:
        if event["name"] in _rules(said):
            key = tuple(_value(said, name, event) for name in names)
            if all(part is not None for part in key):
                groups.setdefault(key, []).append(event)
    span = timedelta(seconds=int(said["timespan"][:-1]))
    for key, group in groups.items():
        intervals = [
            (begin, end)
            for end in {event["time"] for event in group}
            if (begin := _begin(said, group, end, span)) is not None
        ]
        for begin, end in _united(intervals, {event["time"] for event in group}):
            inside = [event for event in group if begin <= event["time"] <= end]
            numbers = frozenset(n for event in inside for n in event["events"])
            yield {"time": end, "events": numbers, **dict(zip(names, key, strict=True))}


def _rules(said: Mapping[str, Any]) -> list[str]:
    if "rules" in said:
        return list(said["rules"])
    words = re.findall(r"\w+", said["condition"])
    return [word for word in words if word not in ("and", "or", "not")]


def _value(said: Mapping[str, Any], name: str, event: Event) -> Any:
    """A group-by value."""
    alias = said.get("aliases", {}).get(name, {}).get(event["name"], name)
    return event[alias] if alias in event else event.get(name)


def _begin(
    said: Mapping[str, Any], group: Sequence[Event], end: datetime, span: timedelta
) -> datetime | None:
    """Where the window that ends with an event begins, if the condition holds in it."""
    inside = [event for event in group if end - span <= event["time"] <= end]
    if said["type"] != "temporal_ordered":
        holds = _holds(said, inside)
        return min(event["time"] for event in inside) if holds else None
    if not isinstance(said.get("condition"), str):
        return _sequence(said["rules"], inside, end)
    present = {event["name"] for event in inside}
    rules = list(dict.fromkeys(_rules(said)))
    begins: list[datetime | None] = []
    for needed, absent in _ways(ast.parse(said["condition"], mode="eval").body, wanted=True):
        if absent & present or needed & absent:
            continue
        steps = [rule for rule in rules if rule in needed]
        first = min(event["time"] for event in inside)
        begins.append(_sequence(steps, inside, end) if steps else first)
    return min((begin for begin in begins if begin is not None), default=None)


def _ways(node: ast.expr, *, wanted: bool) -> list[tuple[set[str], set[str]]]:
    """Rules that must and rules that must not be there, for each way to make a condition true."""
    if isinstance(node, ast.Name):
        return [({node.id}, set())] if wanted else [(set(), {node.id})]
    if isinstance(node, ast.UnaryOp):
        return _ways(node.operand, wanted=not wanted)
    assert isinstance(node, ast.BoolOp)
    parts = [_ways(each, wanted=wanted) for each in node.values]
    if isinstance(node.op, ast.Or) is wanted:
        return [way for part in parts for way in part]
    return [
        (set().union(*(way[0] for way in chosen)), set().union(*(way[1] for way in chosen)))
        for chosen in itertools.product(*parts)
    ]


def _true(condition: str, present: set[str]) -> bool:
    """A condition over rule names."""
    names = {name: name in present for name in re.findall(r"\w+", condition)}
    keywords = ("and", "or", "not")
    values = {name: value for name, value in names.items() if name not in keywords}
    return bool(eval(condition, {"__builtins__": {}}, values))  # noqa: S307  # of the test's own making


def _sequence(rules: Sequence[str], inside: Sequence[Event], end: datetime) -> datetime | None:
    """The latest begin of a sequence of different events whose last one is at `end`."""
    begins = []
    for chosen in itertools.product(*([e for e in inside if e["name"] == r] for r in rules)):
        times = [event["time"] for event in chosen]
        different = len({event["events"] for event in chosen}) == len(chosen)
        if chosen and different and times == sorted(times) and times[-1] == end:
            begins.append(times[0])
    return max(begins, default=None)


def _holds(said: Mapping[str, Any], inside: Sequence[Event]) -> bool:
    condition: Any = said.get("condition")
    kind = said["type"]
    if isinstance(condition, str):
        return _true(condition, {event["name"] for event in inside})
    if kind == "temporal":
        wanted = condition or {"gte": len(set(said["rules"]))}
        return _compared(wanted, Fraction(len({event["name"] for event in inside})))
    if kind == "event_count":
        return _compared(condition, Fraction(len({event["events"] for event in inside})))
    if kind == "value_count":
        values = {event.get(condition["field"]) for event in inside} - {None}
        return _compared(condition, Fraction(len(values)))
    by_event = {event["events"]: event.get(condition["field"]) for event in inside}
    numbers = sorted(Fraction(text) for text in by_event.values() if text and _is_number(text))
    return bool(numbers) and _compared(condition, _measured(kind, condition, numbers))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None


def _measured(kind: str, condition: Mapping[str, Any], numbers: Sequence[Fraction]) -> Fraction:
    count = len(numbers)
    if kind == "value_sum":
        return sum(numbers, Fraction(0))
    if kind == "value_avg":
        return sum(numbers, Fraction(0)) / count
    if kind == "value_median":
        middle = numbers[count // 2]
        return middle if count % 2 else (numbers[count // 2 - 1] + middle) / 2
    place = math.ceil(Fraction(condition["percentile"]) * count / 100)
    return numbers[max(place, 1) - 1]


def _compared(condition: Any, measured: Fraction) -> bool:
    for operator, compared in (
        ("lt", measured.__lt__),
        ("lte", measured.__le__),
        ("gt", measured.__gt__),
        ("gte", measured.__ge__),
        ("eq", measured.__eq__),
        ("neq", measured.__ne__),
    ):
        if operator in condition:
            return bool(compared(condition[operator]))
    raise AssertionError(condition)


def _united(
    intervals: Sequence[tuple[datetime, datetime]], times: set[datetime]
) -> list[tuple[datetime, datetime]]:
    """Intervals that share a time at which there is an event, as one."""
    united = list(intervals)
    for one, other in itertools.combinations(united, 2):
        if any(max(one[0], other[0]) <= time <= min(one[1], other[1]) for time in times):
            rest = [each for each in united if each not in (one, other)]
            return _united([*rest, (min(one[0], other[0]), max(one[1], other[1]))], times)
    return united
