"""Events gathered into columns: batches of table `windows`, bounded, and their surveys."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.model import DamagedRow, Survey
from hevesy.records.batch import Batch, counted
from hevesy.records.clock import EARLIEST, LATEST
from hevesy.records.cmdlet_event import PROVIDER, render
from hevesy.records.event_cells import Cells, Shape, numbers, texts
from hevesy.records.event_survey import Told, told
from hevesy.records.event_time import parse_times
from hevesy.records.evtx_event import plain
from hevesy.records.host_name import NAMELESS, host_names
from hevesy.records.windows_event import flatten, integer, text
from hevesy.tables import PROVENANCE
from hevesy.tables.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.records.evtx_event import EventParts
    from hevesy.records.windows_event import Event

__all__ = ["EventColumns"]

_MAX_ROWS = 20_000
_MAX_CELLS = 4_000_000
_MAX_CHARS = 64 * 1024 * 1024
_MAX_NAMES = 2_000
_MAX_SAMPLES = 10
_MAX_TEXT = 500
_PIECE = 2_000
"""Events of which cells are made at once."""
_ABSURD = "events dated before 1996 or after 2099, counted without a time"
_SPECIAL = frozenset({"Data", "xmlns", "#text", "#attributes"})
_SPECIAL |= {"EventData_attributes", "UserData_attributes"}
"""Names whose values are not simply theirs: `windows_event.flatten` knows what they are."""


@dataclass(slots=True)
class _Source:
    """What is known of a source beside its events."""

    first: int
    """Its first row."""
    damaged: int = 0
    samples: list[DamagedRow] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


class EventColumns:
    """What has been read since the last batch, as columns that grow: of one source or of several.

    Bounded: `full` says when a batch must be taken (20,000 rows, 4,000,000 cells, or 64 Mi
    characters of raw text). An event may bring at most 2,000 names; what is beyond them is noted,
    and stands in `raw` alone.
    """

    def __init__(self) -> None:
        """Begin an empty batch of one source."""
        self._system: list[tuple[Any, ...]] = []
        self._time: list[str | None] = []
        self._number: list[int | None] = []
        self._raw: list[str] = []
        self._record: list[int | None] = []
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._simple: dict[tuple[str, ...], Shape] = {}
        self._texts: list[pl.Series] = []
        self._cells = Cells()
        self._rows = 0
        self._names: set[str] = set()
        self._chars = 0
        self._sources = [_Source(0)]

    @property
    def rows(self) -> int:
        """How many events there are."""
        return self._rows + len(self._raw)

    @property
    def full(self) -> bool:
        """Whether a batch must be taken before more is added."""
        return self._fills(1)

    @property
    def overfull(self) -> bool:
        """Whether there is twice as much as makes it full."""
        return self._fills(2)

    def _fills(self, times: int) -> bool:
        return (
            self.rows >= _MAX_ROWS * times
            or self._chars >= _MAX_CHARS * times
            or self.rows * len(self._names) >= _MAX_CELLS * times
            or len(self._names) >= _MAX_NAMES * times
        )

    def add(self, event: Event, raw: str, record: int | None) -> None:
        """Add one event with its text as it stood, and the number to quote it by."""
        self._add_fields(len(self._raw), event.fields)
        self._system.append((*event[1:_NUMBER], *event[_NUMBER + 1 : -1]))
        self._time.append(event.time)
        self._number.append(event.record_id)
        self._raw.append(raw)
        self._record.append(record)
        self._chars += len(raw)
        if len(self._raw) >= _PIECE:
            self._settle()

    def add_parts(self, parts: EventParts, raws: list[str]) -> None:
        """Add events with their texts; each is quoted by its own number."""
        start = len(self._raw)
        self._system += parts.systems
        self._time += parts.times
        self._number += parts.numbers
        self._record += parts.numbers
        self._raw += raws
        self._chars += sum(map(len, raws))
        rendered = PROVIDER in {system[_PROVIDER] for system in parts.systems}
        simple = self._simple.get
        for row, data in enumerate(parts.data, start=start):
            shape = simple(tuple(data))
            if shape is None or rendered:
                self._add_unusual(row, data, parts.user_data.get(row - start))
            else:
                shape.rows.append(row)
                shape.cells.extend(data.values())
        if len(self._raw) >= _PIECE:
            self._settle()

    def _add_unusual(
        self, row: int, data: dict[str, Any], user_data: dict[str, Any] | None
    ) -> None:
        """Add what an event brings beside `System`, whatever that is."""
        system = self._system[self._rows + row]
        rendered = system[_PROVIDER] == PROVIDER
        simple = _SPECIAL.isdisjoint(data) and len(data) <= _MAX_NAMES
        if simple and user_data is None and not rendered:
            self._add_fields(row, data)
            if data:
                self._simple[tuple(data)] = self._shapes[tuple(data)]
            return
        fields: dict[str, str] = {}
        for part in (data, user_data or {}):
            flatten(part, fields)
        if rendered:
            message = render(integer(plain(system[_EVENT])), system[-1], fields)
            self._system[self._rows + row] = (*system[:-1], message)
        self._add_fields(row, fields)

    def _add_fields(self, row: int, fields: dict[str, Any]) -> None:
        if not fields:
            return
        if len(fields) > _MAX_NAMES:
            self.note(f"an event has over {_MAX_NAMES} names: the rest stands in raw alone")
            fields = dict(islice(fields.items(), _MAX_NAMES))
        names = tuple(fields)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = Shape([], [])
            self._names.update(names)
        shape.rows.append(row)
        shape.cells.extend(fields.values())

    def damage(self, line: int, reason: str, text: str = "", rows: int = 1) -> None:
        """Count rows that could not be read, and keep a sample."""
        source = self._sources[-1]
        source.damaged += rows
        if len(source.samples) < _MAX_SAMPLES:
            source.samples.append(DamagedRow(line, reason[:_MAX_TEXT], text[:_MAX_TEXT]))

    def note(self, note: str) -> None:
        """Keep what a reader must know; the same note once a batch."""
        self._sources[-1].notes[note] = None

    def take(self, size: int) -> Batch:
        """The batch so far of the one source, after which the columns are empty again.

        Args:
            size: Bytes of the source read for this batch.
        """
        _, (batch,) = self.take_all([size])
        return batch

    def begin(self) -> None:
        """What is added from here on is of another source."""
        self._sources.append(_Source(self.rows))

    def take_all(self, sizes: list[int]) -> tuple[Batch, list[Batch]]:
        """The events of all sources, after which the columns are empty again.

        Args:
            sizes: Bytes read of each source.

        Returns:
            All in one batch whose survey says nothing, and a batch of each source.
        """
        frame, odd = self._frame()
        firsts = [source.first for source in self._sources]
        counts = [end - at for at, end in zip(firsts, [*firsts[1:], frame.height], strict=True)]
        batches: list[Batch] = []
        says = told(frame, counts)
        for source, count, told_of, size in zip(self._sources, counts, says, sizes, strict=True):
            part = frame.slice(source.first, count)
            for what, rows in odd.items():
                if found := int(rows.slice(source.first, count).sum()):
                    source.notes[counted(what, found)] = None
            batches.append(Batch(WINDOWS.name, part, _survey(source, part, told_of, size)))
        self.__init__()  # type: ignore[misc]  # begins anew: nothing of a batch outlives it
        return Batch(WINDOWS.name, frame, Survey()), batches

    def _settle(self) -> None:
        """Make cells of the events so far, few enough that a processor has them at hand still."""
        self._texts.append(pl.Series("raw", self._raw, dtype=pl.String))
        self._cells.add(self._shapes, self._rows)
        self._rows += len(self._raw)
        self._raw.clear()
        self._shapes.clear()
        self._simple.clear()

    def _frame(self) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
        """All rows; and which of them are odd, by what is to be noted of such rows."""
        self._settle()
        system = _system_columns(self._system)
        system["EventRecordID"] = pl.Series("EventRecordID", self._number, dtype=pl.Int64)
        hosts = host_names(system["Computer"])
        times, absurd = _times(pl.Series("time", self._time, dtype=pl.String))
        odd = {NAMELESS: hosts["nameless"], _ABSURD: absurd}
        nothing = pl.Series("line", [None] * self._rows, dtype=pl.Int64)
        lead = {
            "time": times,
            "server": hosts["server"],
            "line": nothing,
            "record": pl.Series("record", self._record, dtype=pl.Int64),
            "offset": nothing.alias("offset"),
            "raw": pl.concat(self._texts),
        }
        columns = [lead[name] for name in PROVENANCE]
        columns += [system[name] for name in _ORDER]
        columns += self._cells.columns(self._rows, _RESERVED)
        found = {what: each for what, each in odd.items() if each.any()}
        return pl.DataFrame(columns), found


def _survey(source: _Source, frame: pl.DataFrame, says: Told, size: int) -> Survey:
    return Survey(
        size=size,
        rows=frame.height + source.damaged,
        parsed=frame.height,
        damaged=source.damaged,
        damaged_samples=tuple(source.samples),
        first=min((day.first for day in says.days), default=None),
        last=max((day.last for day in says.days), default=None),
        days=says.days,
        names=says.names,
        clock_offset=says.clock_offset,
        notes=(*source.notes, says.note) if says.note else tuple(source.notes),
    )


_SYSTEM: dict[str, pl.DataType] = {
    "Channel": pl.String(),
    "Provider_Name": pl.String(),
    "EventID": pl.Int64(),
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
"""In the order of `Event`, without `EventRecordID`, which few events share."""

_PROVIDER, _EVENT = 1, 2
_NUMBER = 4
"""Place of the number in `Event`."""
_ORDER = [*islice(_SYSTEM, 3), "EventRecordID", *islice(_SYSTEM, 3, None)]
_WRAPPED = frozenset({"EventID", "UserID", "ActivityID"})
"""Columns of `System` whose values may stand in what `plain` knows."""
_PLAIN = frozenset({int, str, type(None)})
_RESERVED = {name.lower() for name in (*PROVENANCE, *_ORDER)}


def _system_columns(systems: list[tuple[Any, ...]]) -> dict[str, pl.Series]:
    """Columns of what `System` says; what many events share is looked at once."""
    keys = list(map(id, systems))
    several = dict(zip(keys, systems, strict=True))
    cells = list(zip(*several.values(), strict=True)) if several else [()] * len(_SYSTEM)
    columns = {
        name: _system_column(name, dtype, values)
        for (name, dtype), values in zip(_SYSTEM.items(), cells, strict=True)
    }
    if len(several) == len(systems):
        return columns
    place = {key: number for number, key in enumerate(several)}
    rows = pl.Series([place[key] for key in keys], dtype=pl.UInt32)
    return pl.DataFrame(columns)[rows].to_dict()


def _system_column(name: str, dtype: pl.DataType, values: Sequence[Any]) -> pl.Series:
    if name in _WRAPPED and not set(map(type, values)) <= _PLAIN:
        values = list(map(plain, values))
    if dtype == pl.Int64():
        return numbers(name, values)
    column = texts(name, values)
    return pl.Series(name, [text(each) for each in values]) if column is None else column


def _times(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Times that can be believed, and which were none; an event of such a time has no time."""
    times = parse_times(texts).alias("time")
    inside = times.is_between(EARLIEST, LATEST)
    if inside.all():
        return times, ~inside
    kept = times.to_frame().select(pl.when(inside).then("time").alias("time"))["time"]
    return kept, ~inside
