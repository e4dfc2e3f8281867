"""Events gathered into columns: batches of table `windows`, bounded, and their surveys."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from hevesy.model import DamagedRow, DayCount, Survey
from hevesy.records.batch import Batch, counted
from hevesy.records.clock import EARLIEST, LATEST
from hevesy.records.event_time import parse_times
from hevesy.records.host_name import NAMELESS, host_names
from hevesy.tables import PROVENANCE
from hevesy.tables.windows import WINDOWS

if TYPE_CHECKING:
    from hevesy.records.windows_event import Event

__all__ = ["EventColumns"]

_MAX_ROWS = 20_000
_MAX_CELLS = 4_000_000
_MAX_CHARS = 64 * 1024 * 1024
_MAX_NAMES = 2_000
_MAX_SAMPLES = 10
_MAX_TEXT = 500
_SYSMON = "Microsoft-Windows-Sysmon"
_UTC_TIME = "UtcTime"
_CLOCK_ROWS = 5
_CLOCK_SECONDS = 120
_QUARTER = 900
_ABSURD = "events dated before 1996 or after 2099, counted without a time"


class _Shape(NamedTuple):
    """Events that bring the same names in the same order: most of a log has few such shapes."""

    rows: list[int]
    values: list[tuple[str, ...]]


class EventColumns:
    """What has been read of a source since its last batch, as columns that grow.

    Bounded: `full` says when a batch must be taken (20,000 rows, 4,000,000 cells, or 64 Mi
    characters of raw text). An event may bring at most 2,000 names; what is beyond them is noted,
    and stands in `raw` alone.
    """

    def __init__(self) -> None:
        """Begin an empty batch."""
        self._system: list[tuple[Any, ...]] = []
        self._raw: list[str] = []
        self._record: list[int | None] = []
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._names: set[str] = set()
        self._chars = 0
        self._damaged = 0
        self._samples: list[DamagedRow] = []
        self._notes: dict[str, None] = {}

    @property
    def full(self) -> bool:
        """Whether a batch must be taken before more is added."""
        rows = len(self._raw)
        return (
            rows >= _MAX_ROWS
            or self._chars >= _MAX_CHARS
            or rows * len(self._names) >= _MAX_CELLS
            or len(self._names) >= _MAX_NAMES
        )

    def add(self, event: Event, raw: str, record: int | None) -> None:
        """Add one event with its text as it stood, and the number to quote it by."""
        fields = event.fields
        if len(fields) > _MAX_NAMES:
            self.note(f"an event has over {_MAX_NAMES} names: the rest stands in raw alone")
            fields = dict(islice(fields.items(), _MAX_NAMES))
        names = tuple(fields)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = _Shape([], [])
            self._names.update(names)
        shape.rows.append(len(self._raw))
        shape.values.append(tuple(fields.values()))
        self._system.append(event[:-1])
        self._raw.append(raw)
        self._record.append(record)
        self._chars += len(raw)

    def damage(self, line: int, reason: str, text: str = "", rows: int = 1) -> None:
        """Count rows that could not be read, and keep a sample."""
        self._damaged += rows
        if len(self._samples) < _MAX_SAMPLES:
            self._samples.append(DamagedRow(line, reason[:_MAX_TEXT], text[:_MAX_TEXT]))

    def note(self, note: str) -> None:
        """Keep what a reader must know; the same note once a batch."""
        self._notes[note] = None

    def take(self, size: int) -> Batch:
        """The batch so far, after which the columns are empty again.

        Args:
            size: Bytes of the source read for this batch.
        """
        frame = self._frame()
        survey = self._survey(frame, size)
        self.__init__()  # type: ignore[misc]  # begins anew: nothing of a batch outlives it
        return Batch(WINDOWS.name, frame, survey)

    def _frame(self) -> pl.DataFrame:
        rows = len(self._raw)
        system = list(zip(*self._system, strict=True)) if rows else [()] * len(_SYSTEM)
        series = {
            name: pl.Series(name, values, dtype=dtype)
            for (name, dtype), values in zip(_SYSTEM.items(), system, strict=True)
        }
        nothing = pl.Series("line", [None] * rows, dtype=pl.Int64)
        servers = self._servers(series["Computer"])
        lead = {
            "time": self._times(series.pop("time")),
            "server": servers,
            "line": nothing,
            "record": pl.Series("record", self._record, dtype=pl.Int64),
            "offset": nothing.alias("offset"),
            "raw": pl.Series("raw", self._raw, dtype=pl.String),
        }
        columns = {name: lead[name] for name in PROVENANCE} | series | self._data(rows)
        return pl.DataFrame(list(columns.values()))

    def _times(self, texts: pl.Series) -> pl.Series:
        """Times that can be believed; an event of another time is one without a time."""
        times = parse_times(texts).alias("time")
        inside = times.is_between(EARLIEST, LATEST)
        if inside.all():
            return times
        self.note(counted(_ABSURD, int((~inside).sum())))
        return times.to_frame().select(pl.when(inside).then("time").alias("time"))["time"]

    def _servers(self, computers: pl.Series) -> pl.Series:
        names = host_names(computers)
        if odd := int(names["nameless"].sum()):
            self.note(counted(NAMELESS, odd))
        return names["server"]

    def _data(self, rows: int) -> dict[str, pl.Series]:
        columns: dict[str, list[str | None]] = {}
        order: list[int] = []
        for names, shape in self._shapes.items():
            for name, values in zip(names, zip(*shape.values, strict=True), strict=True):
                column = columns.setdefault(name, [])
                column.extend(repeat(None, len(order) - len(column)))
                column.extend(values)
            order.extend(shape.rows)
        data: dict[str, pl.Series] = {}
        for name, column in columns.items():
            column.extend(repeat(None, rows - len(column)))
            own = f"EventData_{name}" if name.lower() in _RESERVED else name
            _merge(data, own, pl.Series(own, column, dtype=pl.String))
        data = _in_order(data, order)
        for name in [name for name in data if " " in name]:
            joined = name.replace(" ", "")
            if joined and joined.lower() not in _RESERVED:
                _merge(data, joined, data[name].alias(joined))
        return data

    def _survey(self, frame: pl.DataFrame, size: int) -> Survey:
        offset, note = clock_offset(frame)
        days = _days(frame)
        names = Counter(name for name in frame["server"].to_list() if name is not None)
        return Survey(
            size=size,
            rows=frame.height + self._damaged,
            parsed=frame.height,
            damaged=self._damaged,
            damaged_samples=tuple(self._samples),
            first=min((day.first for day in days), default=None),
            last=max((day.last for day in days), default=None),
            days=days,
            names=tuple(sorted(names.items())),
            clock_offset=offset,
            notes=(*self._notes, note) if note else tuple(self._notes),
        )


_SYSTEM: dict[str, pl.DataType] = {
    "time": pl.String(),
    "Channel": pl.String(),
    "Provider_Name": pl.String(),
    "EventID": pl.Int64(),
    "EventRecordID": pl.Int64(),
    "Computer": pl.String(),
    "Level": pl.Int64(),
    "Keywords": pl.String(),
    "Task": pl.String(),
    "Opcode": pl.String(),
    "Execution_ProcessID": pl.Int64(),
    "Execution_ThreadID": pl.Int64(),
    "UserID": pl.String(),
    "ActivityID": pl.String(),
    "Message": pl.String(),
}
"""In the order of `Event`."""

_RESERVED = {name.lower() for name in (*PROVENANCE, *_SYSTEM)}


def clock_offset(frame: pl.DataFrame) -> tuple[int | None, str]:
    """Seconds to add to the times to get UTC, as Sysmon's `UtcTime` lets it be seen, and a note.

    Sysmon writes UTC into each event; the event's own time is UTC too, unless whoever exported it
    wrote local time and labelled it `Z`. Seen where at least 5 Sysmon rows differ by more than 120
    seconds, nine in ten of them within 120 seconds of the median; rounded to a quarter of an hour
    where that is within 120 seconds. (None, "") where nothing is seen.
    """
    if _UTC_TIME not in frame.columns:
        return None, ""
    sysmon = frame.filter(pl.col("Provider_Name") == _SYSMON).select("time", _UTC_TIME)
    ahead = (parse_times(sysmon[_UTC_TIME]) - sysmon["time"]).dt.total_seconds().drop_nulls()
    middle = ahead.median()
    if len(ahead) < _CLOCK_ROWS or not isinstance(middle, int | float):
        return None, ""
    if abs(middle) <= _CLOCK_SECONDS:
        return None, ""
    steady = int(((ahead - middle).abs() <= _CLOCK_SECONDS).sum())
    if steady * 10 < len(ahead) * 9:
        return (
            None,
            f"Sysmon UtcTime differs from the event times, not constantly ({len(ahead)} rows)",
        )
    quarter = round(middle / _QUARTER) * _QUARTER
    offset = quarter if abs(middle - quarter) <= _CLOCK_SECONDS else round(middle)
    note = f"Sysmon UtcTime is {offset:+d} s from the times of its events: they are not UTC"
    return offset, note


def _in_order(data: dict[str, pl.Series], order: list[int]) -> dict[str, pl.Series]:
    """Columns whose values stand shape by shape, row by row as the events came."""
    if not data or order == list(range(len(order))):
        return data
    place = [0] * len(order)
    for position, row in enumerate(order):
        place[row] = position
    frame = pl.DataFrame(list(data.values())).select(pl.all().gather(place))
    return {column.name: column for column in frame}


def _merge(data: dict[str, pl.Series], name: str, column: pl.Series) -> None:
    """Two spellings that come to one name share a column; the first to hold a value wins."""
    before = data.get(name)
    if before is None:
        data[name] = column
    else:
        both = pl.DataFrame([before.alias("a"), column.alias("b")])
        data[name] = both.select(pl.coalesce("a", "b").alias(name))[name]


def _days(frame: pl.DataFrame) -> tuple[DayCount, ...]:
    groups = (
        frame.lazy()
        .select(
            pl.col("time").dt.replace_time_zone(None),
            server=pl.col("server").fill_null(""),
            kind=pl.lit("windows:") + pl.col("Channel").fill_null("unknown"),
        )
        .filter(pl.col("time").is_not_null())
        .group_by("server", "kind", day=pl.col("time").dt.date())
        .agg(pl.len(), first=pl.col("time").min(), last=pl.col("time").max())
        .sort("server", "kind", "day")
        .collect()
    )
    rows: list[tuple[str, str, date, int, datetime, datetime]] = groups.rows()
    return tuple(
        DayCount(server, kind, day, count, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
        for server, kind, day, count, first, last in rows
    )
