"""The noun `Rest`, lines of a text log that are to be read; and the reading of many together.

Exchange begins a log each hour for each protocol: thousands of files of a few rows, of which few
are wanted. What a frame costs, however few its rows, would be most of what reading them costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hevesy.model import DamagedRow, Survey
from hevesy.records.batch import Batch, counted
from hevesy.records.cells import cells_of
from hevesy.records.clients import WEIGHT
from hevesy.records.coverage import COUNT, coverages
from hevesy.records.headers import Context
from hevesy.records.host_name import NAMELESS
from hevesy.records.lines import SAMPLES, sampled
from hevesy.records.text_log import finished, layout_of, named
from hevesy.tables import TIME

if TYPE_CHECKING:
    from hevesy.records.text_log import TextLog

__all__ = ["Passed", "Rest", "read_rests"]


@dataclass(frozen=True, slots=True)
class Passed:
    """Rows that were passed over and are alike: of one day, the same where it matters."""

    count: int
    first: datetime
    last: datetime
    """UTC, without a zone."""
    first_line: int
    last_line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rest:
    """Lines of one source under one header, and what was passed over between them."""

    context: Context
    size: int
    """Bytes of the source that it stands for."""
    line: NDArray[np.int64]
    offset: NDArray[np.int64]
    raw: list[str]
    passed: tuple[Passed, ...] = ()
    sample: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    """Cells of some of the rows that were passed over, by column: who asked. Rests under the same
    list of columns have the same ones, or none."""
    weight: int = 1
    """How many rows each of the sample stands for."""

    @property
    def characters(self) -> int:
        """Of its lines: what they cost while they wait."""
        return sum(map(len, self.raw))


def read_rests(log: TextLog, rests: Sequence[Rest]) -> list[Batch]:
    """A batch of each rest, as if its source had been read alone.

    Args:
        log: their kind.
        rests: of any sources, none of which has to be settled (see `TextLog.settle`).
    """
    found: list[Batch | None] = [None] * len(rests)
    alike: dict[str | None, list[int]] = {}
    for place, rest in enumerate(rests):
        alike.setdefault(rest.context.fields, []).append(place)
    for fields, places in alike.items():
        batches = _read(log, fields or "", [rests[place] for place in places])
        for place, batch in zip(places, batches, strict=True):
            found[place] = batch
    return [batch for batch in found if batch is not None]


def _read(log: TextLog, fields: str, rests: Sequence[Rest]) -> list[Batch]:
    """Batches of rests under one list of columns."""
    layout = layout_of(log, fields)
    lines = _lines(rests)
    rows, damaged = cells_of(lines.drop("_place", "_own"), layout)
    rows, damaged = (_placed(each, lines) for each in (rows, damaged))
    rows = rows.with_columns(pl.lit(1, pl.Int64).alias(COUNT))
    whole = named(log, pl.concat([rows, _passed_rows(rests)], how="diagonal_relaxed"))
    sample = _sample(rests)
    surveys = coverages(whole, log.kind, log.builds, sample=sample) if whole.height else {}
    frame = finished(log, whole.filter(pl.col("raw").is_not_null()).sort("_place", "line"))
    counts, bad = _counts(rows), _counts(damaged)
    nameless = _nameless(whole)
    batches = []
    start = 0
    for place, rest in enumerate(rests):
        parsed, over = counts.get(place, 0), sum(each.count for each in rest.passed)
        survey = replace(
            surveys.get(place, Survey()),
            size=rest.size,
            rows=parsed + over + bad.get(place, 0),
            parsed=parsed,
            passed_over=over,
            damaged=bad.get(place, 0),
            damaged_samples=_samples(damaged, place) if place in bad else (),
            headers=(fields,) if parsed or over or place in bad else (),
            notes=(counted(NAMELESS, nameless[place]),) if place in nameless else (),
        )
        batches.append(Batch(log.table.name, frame.slice(start, parsed), survey))
        start += parsed
    return batches


def _lines(rests: Sequence[Rest]) -> pl.DataFrame:
    """The lines of all rests; `line` counts through, `_own` is the number in its source."""
    counts = [len(rest.raw) for rest in rests]
    text = {
        name: pl.Series([getattr(rest.context, name[1:]) for rest in rests], dtype=pl.String)
        for name in ("_version", "_date")
    }
    place = np.repeat(np.arange(len(rests), dtype=np.uint32), counts)
    return (
        pl.DataFrame(
            {
                "_place": place,
                "_own": np.concatenate([rest.line for rest in rests]).astype(np.int64),
                "offset": np.concatenate([rest.offset for rest in rests]).astype(np.int64),
                "raw": pl.Series([raw for rest in rests for raw in rest.raw], dtype=pl.String),
            }
        )
        .with_columns(**{name: each.gather(place) for name, each in text.items()})
        .filter(pl.col("raw").str.contains(r"\S"))
        .with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64))
    )


def _sample(rests: Sequence[Rest]) -> pl.DataFrame | None:
    """Rows of all samples."""
    shown = [(place, rest) for place, rest in enumerate(rests) if rest.sample]
    if not shown:
        return None
    names = list(shown[0][1].sample)
    counts = [len(rest.sample[names[0]]) for _, rest in shown]
    cells = {
        name: pl.Series(
            [cell for _, rest in shown for cell in rest.sample[name]], dtype=pl.Binary
        ).cast(pl.String)
        for name in names
    }
    places, weights = zip(*((place, rest.weight) for place, rest in shown), strict=True)
    told = {"_place": np.repeat(np.array(places, np.uint32), counts)}
    told[WEIGHT] = np.repeat(np.array(weights, np.int64), counts)
    return pl.DataFrame(cells | told)


def _placed(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Rows with the place and the line number that are theirs."""
    at = rows["line"]
    return rows.with_columns(_place=lines["_place"].gather(at), line=lines["_own"].gather(at))


def _passed_rows(rests: Sequence[Rest]) -> pl.DataFrame:
    """What was passed over as rows that stand for many: the first and last of those alike."""
    told = [
        {"_place": place, "time": time, "line": line, COUNT: count, "_version": version, **cells}
        for place, rest in enumerate(rests)
        for each in rest.passed
        for version, cells in ((rest.context.version, each.cells),)
        for time, line, count in (
            (each.first, each.first_line, each.count),
            (each.last, each.last_line, 0),
        )
    ]
    names = dict.fromkeys(name for row in told for name in row)
    schema: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())
    schema |= {
        "_place": pl.UInt32(),
        "time": pl.Datetime("us"),
        "line": pl.Int64(),
        COUNT: pl.Int64(),
        "_version": pl.String(),
    }
    frame = pl.DataFrame(told, schema=schema)
    return frame.with_columns(pl.col("time").dt.replace_time_zone("UTC").cast(TIME))


def _counts(rows: pl.DataFrame) -> dict[int, int]:
    """Rows of each place."""
    return dict(rows["_place"].value_counts().iter_rows()) if rows.height else {}


def _nameless(rows: pl.DataFrame) -> dict[int, int]:
    """Rows of each place that name no host."""
    if "_nameless" not in rows.columns:
        return {}
    found = rows.filter("_nameless").group_by("_place").agg(pl.col(COUNT).sum())
    return dict(found.iter_rows())


def _samples(damaged: pl.DataFrame, place: int) -> tuple[DamagedRow, ...]:
    own = damaged.filter(pl.col("_place") == place)
    return sampled(own.sort("line").head(SAMPLES))
