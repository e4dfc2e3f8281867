"""What rows that are passed over say: when they were, of which servers, and who asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from hevesy.records.rest import Passed, Rest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hevesy.records.byte_rows import ByteRows, Times
    from hevesy.records.row_form import Form

__all__ = ["other_servers", "passed_rows", "with_sample"]

_SAMPLE = 256
"""Rows that are looked at for who asked, of the first block of a log that are passed over."""
_OWN_NAMES = 3
"""How a log may name its own server: not at all, short, in full."""
_OTHERS = 256
"""Other servers of a block that are kept; an organization has fewer."""


def passed_rows(
    times: Times, over: NDArray[np.bool_], cells: Mapping[str, str], line: int
) -> tuple[Passed, ...]:
    """What the rows that are passed over say, by day."""
    at = np.flatnonzero(over)
    if not len(at):
        return ()
    if isinstance(times.days, bytes):
        return (_of_day(times.days, times, at, cells, line),)
    days = times.days[at]
    return tuple(
        _of_day(day, times, at[days == day], cells, line) for day in np.unique(days).tolist()
    )


def other_servers(
    rows: ByteRows,
    times: Times,
    form: Form,
    over: NDArray[np.bool_],
    cells: Mapping[str, str],
    line: int,
) -> tuple[Passed, ...]:
    """Other servers that rows which are passed over tell of, with their first line and times.

    They count no rows: those are counted by day already.
    """
    if not form.others:
        return ()
    short = cells.get(form.server, "").split(".")[0].upper().encode()
    own = set() if short.isdigit() else {short}  # digits begin an address: it has no short name
    at = np.flatnonzero(_without_own(rows, form.others[0], over, own))
    if not len(at):
        return ()
    named = rows.cells(at, form.others[0])
    at = at[[bool(name) and name.upper().split(b".")[0] not in own for name in named]]
    told: dict[tuple[bytes, ...], list[int]] = {}
    pairs = zip(*(rows.cells(at, column) for column in form.others), strict=True)
    for row, key in zip(at.tolist(), pairs, strict=True):
        told.setdefault(key, []).append(row)
    names = [form.layout.names[column] for column in form.others]
    return tuple(
        _between(found, times, {**cells, **_named_cells(names, key)}, line)
        for key, found in list(told.items())[:_OTHERS]
    )


def _without_own(
    rows: ByteRows, column: int, over: NDArray[np.bool_], own: set[bytes]
) -> NDArray[np.bool_]:
    """Rows without most of those that name the server itself, or none: nearly all of them do."""
    left = over.copy()
    for _ in range(_OWN_NAMES):
        first = np.flatnonzero(left)[:1]
        if not len(first):
            break
        (value,) = rows.cells(first, column)
        if value and value.upper().split(b".")[0] not in own:
            break
        others = rows.others(column, value)
        if others is None:
            return np.zeros_like(left)
        left &= others
    return left


def _named_cells(names: Sequence[str], key: tuple[bytes, ...]) -> dict[str, str]:
    return {name: cell.decode() for name, cell in zip(names, key, strict=True)}


def _between(rows: Sequence[int], times: Times, cells: Mapping[str, str], line: int) -> Passed:
    """Some rows, in their order, which need not be that of their times."""
    over = np.zeros(len(times.clock), np.bool_)
    over[rows] = True
    by_day = passed_rows(times, over, cells, line)
    first, last = min(each.first for each in by_day), max(each.last for each in by_day)
    return Passed(0, first, last, rows[0] + line, rows[-1] + line, cells)


def with_sample(rest: Rest, rows: ByteRows, form: Form, over: NDArray[np.bool_]) -> Rest:
    """With who asked in some of the rows that are passed over."""
    at = np.flatnonzero(over)
    if not (len(at) and form.asked):
        return rest
    every = -(-len(at) // _SAMPLE)
    some = at[::every]
    sample = {name: rows.cells(some, column) for name, column in form.asked.items()}
    return replace(rest, sample=sample, weight=every)


def _of_day(
    day: bytes, times: Times, at: NDArray[np.int64], cells: Mapping[str, str], line: int
) -> Passed:
    midnight = datetime.fromisoformat(day.decode())
    clock = times.clock[at]
    first, last = (timedelta(milliseconds=float(one)) for one in (clock.min(), clock.max()))
    lines = int(at[0]) + line, int(at[-1]) + line
    return Passed(len(at), midnight + first, midnight + last, *lines, cells)
