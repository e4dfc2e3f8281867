"""Many small text logs at once: those under one header are read as if they were one log.

Exchange begins a log each hour for each protocol: thousands of files of a few rows. What a frame
costs, however few its rows, would be most of what reading them costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from hevesy.records.batch import Batch
from hevesy.records.cells import cells_of
from hevesy.records.coverage import SERVERS, coverages
from hevesy.records.headers import Context, after_comment
from hevesy.records.text_log import finished, kept, layout_of, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.records.text_log import TextLog

__all__ = ["SMALL", "parse_together"]

SMALL = 256 << 10
"""Bytes of the largest log that is read together with others."""

_PLAIN = bytes([10, 13, *range(32, 127)])
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Log:
    """A small log without anything odd: header lines, then rows."""

    place: int
    size: int
    context: Context
    line: int
    """Number of its first row's line."""
    offset: int
    rows: list[str]
    ends: int
    """Bytes of a line end."""


def parse_together(
    log: TextLog, contents: Sequence[bytes], literals: tuple[str, ...] | None
) -> list[Batch | None]:
    """The batches of small logs, as `parse_text_log` would have made them.

    Args:
        log: their kind.
        contents: the whole bytes of each, at most `SMALL` of them.
        literals: as for `parse_text_log`.

    Returns:
        For each log its rows and survey as one batch; None where something about the log is out
        of the ordinary (damaged rows, other characters than printable ASCII, headers between its
        rows), so that it has to be read by itself.
    """
    batches: list[Batch | None] = [None] * len(contents)
    alike: dict[str, list[_Log]] = {}
    for place, data in enumerate(contents):
        one = _plain(log, place, data)
        if one is not None:
            alike.setdefault(one.context.fields or "", []).append(one)
    for logs in alike.values():
        for place, batch in _read(log, logs, literals):
            batches[place] = batch
    return batches


def _plain(log: TextLog, place: int, data: bytes) -> _Log | None:
    """The parts of a log, None where it is not a plain one."""
    marked = len(_BOM) if data.startswith(_BOM) else 0
    bare = data[marked:]
    ends = 2 if b"\r" in bare else 1
    if (
        len(data) > SMALL
        or bare.translate(None, _PLAIN)
        or (ends > 1 and not bare.count(b"\r") == bare.count(b"\r\n") == bare.count(b"\n"))
    ):
        return None
    lines = bare.decode("ascii").split("\r\n" if ends > 1 else "\n")
    context, first = _head(log, lines)
    rows = lines[first:]
    if rows and not rows[-1]:
        rows.pop()
    if not rows or not context.fields or any(_interrupts(log, row) for row in rows):
        return None
    offset = marked + sum(map(len, lines[:first])) + ends * first
    return _Log(place, len(data), context, first + 1, offset, rows, ends)


def _head(log: TextLog, lines: list[str]) -> tuple[Context, int]:
    """What the header lines say, and the index of the first line that is none."""
    context = Context()
    for index, line in enumerate(lines):
        if line.startswith("#"):
            context = after_comment(context, line)
        elif line.lower().startswith(log.bare_starts):
            context = replace(context, fields=line)
        elif line.strip():
            return context, index
    return context, len(lines)


def _interrupts(log: TextLog, row: str) -> bool:
    """Whether a line below the first row is a header again, or blank."""
    return row[:1] == "#" or not row.strip() or row[:_LONGEST].lower().startswith(log.bare_starts)


_LONGEST = 24
"""Characters of a row that tell a bare header; the longest first column name has 11."""


def _read(
    log: TextLog, logs: list[_Log], literals: tuple[str, ...] | None
) -> list[tuple[int, Batch]]:
    """The batches of logs under one header, those left out that hold a row out of the ordinary."""
    layout = layout_of(log, logs[0].context.fields or "")
    if layout.when is None or (log.settle and "date" not in layout.names):
        return []
    frame = _frame(logs)
    rows, damage = cells_of(frame.drop("_place", "_own"), layout)
    if rows.is_empty():
        return []
    at = rows["line"] - 1
    rows = rows.with_columns(_place=frame["_place"].gather(at), line=frame["_own"].gather(at))
    if damage.count:
        rows, logs = _undamaged(rows, logs)
    rows = named(log, rows)
    if log.settle and rows["date"].null_count():
        return []
    if "_nameless" in rows.columns and rows["_nameless"].any():
        rows, logs = _all_named(rows, logs)
        if rows.is_empty():
            return []
    surveys = coverages(rows, log.kind, log.builds)
    wanted = kept(log, rows, literals)
    counts = _counts(wanted)
    frame = finished(log, wanted)
    found: list[tuple[int, Batch]] = []
    start = 0
    for one in logs:
        count = counts.get(one.place, 0)
        survey = surveys[one.place]
        if len({day.server for day in survey.days}) <= SERVERS:
            survey = replace(
                survey,
                size=one.size,
                rows=len(one.rows),
                parsed=count,
                passed_over=len(one.rows) - count,
                headers=(one.context.fields or "",),
            )
            found.append((one.place, Batch(log.table.name, frame.slice(start, count), survey)))
        start += count
    return found


def _frame(logs: list[_Log]) -> pl.DataFrame:
    """The rows of all logs; `line` counts through, `_own` is the number in the log `_place`."""
    columns: dict[str, list[object]] = {
        name: [] for name in ("_own", "offset", "raw", "_version", "_date", "_place")
    }
    for one in logs:
        count = len(one.rows)
        columns["_own"] += range(one.line, one.line + count)
        widths = [one.offset, *(len(row) + one.ends for row in one.rows[:-1])]
        columns["offset"] += accumulate(widths)
        columns["raw"] += one.rows
        columns["_version"] += [one.context.version] * count
        columns["_date"] += [one.context.date] * count
        columns["_place"] += [one.place] * count
    text, number = pl.String(), pl.Int64()
    schema = dict(zip(columns, (number, number, text, text, text, pl.UInt32()), strict=True))
    return pl.DataFrame(columns, schema=schema).with_columns(
        line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )


def _undamaged(rows: pl.DataFrame, logs: list[_Log]) -> tuple[pl.DataFrame, list[_Log]]:
    counts = _counts(rows)
    logs = [one for one in logs if counts.get(one.place) == len(one.rows)]
    places = pl.Series([one.place for one in logs], dtype=pl.UInt32)
    return rows.filter(pl.col("_place").is_in(places.implode())), logs


def _all_named(rows: pl.DataFrame, logs: list[_Log]) -> tuple[pl.DataFrame, list[_Log]]:
    """Without the logs of which a row names no host: what is noted of them is counted alone."""
    odd = set(rows.filter("_nameless")["_place"])
    rows = rows.filter(~pl.col("_place").is_in(list(odd)))
    return rows, [one for one in logs if one.place not in odd]


def _counts(rows: pl.DataFrame) -> dict[int, int]:
    """Rows of each place."""
    if "_place" not in rows.columns or rows.is_empty():
        return {}
    return dict(rows["_place"].value_counts().iter_rows())
