"""Logs read into the same frames, against each read by itself."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from unittest.mock import patch

import polars as pl
import pytest

from hevesy.model import Source
from hevesy.records import event_columns, evtx, evtx_pool
from hevesy.records.evtx_pool import EvtxPool, Pooled
from hevesy.simulator import load_scenario, simulate

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.records.batch import Batch


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Source, bytes]]:
    """EVTX of several channels, one of them damaged, one empty."""
    folder: Path = tmp_path_factory.mktemp("logs")
    simulate(load_scenario("events"), folder, seed=1, size=1_500_000)
    contents = [path.read_bytes() for path in sorted(folder.rglob("*.evtx"))]
    broken = bytearray(contents[0])
    broken[5000:5100] = bytes(100)
    return [
        (Source("in", f"{place}.evtx", "", "in", "", "evtx", len(data), None, ("x",)), data)
        for place, data in enumerate([*contents, bytes(broken), b""])
    ]


def pooled(logs: list[tuple[Source, bytes]]) -> list[Pooled]:
    """All that a pool gives."""
    pool = EvtxPool()
    found: list[Pooled] = []
    for place, (source, data) in enumerate(logs):
        found += pool.read(place, source, io.BytesIO(data))
    return [*found, *pool.rest()]


def by_place(found: list[Pooled]) -> dict[int, list[Batch]]:
    """The batches of each source."""
    batches: dict[int, list[Batch]] = {}
    for one in found:
        for place, batch in one.batches:
            batches.setdefault(place, []).append(batch)
    return batches


def without_empty(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a frame that hold something, in an order of their own."""
    return frame.select(
        sorted(column.name for column in frame if column.null_count() < len(column))
    )


@pytest.mark.parametrize("small", [1 << 30, 0])
def test_what_a_pool_says_of_a_source_is_what_reading_it_alone_says(
    logs: list[tuple[Source, bytes]], small: int
) -> None:
    """Rows, their order and surveys are the same, whether sources share frames or not."""
    with patch.object(evtx_pool, "_SMALL", small):
        found = pooled(logs)
    assert any(len(one.batches) > 1 for one in found) == bool(small)
    batches = by_place(found)
    for place, (source, data) in enumerate(logs):
        alone = list(evtx.parse(source, io.BytesIO(data)))
        assert [batch.survey for batch in batches[place]] == [batch.survey for batch in alone]
        for one, other in zip(batches[place], alone, strict=True):
            assert without_empty(one.frame).equals(without_empty(other.frame))
    for several in found:
        together = pl.concat([batch.frame for _, batch in several.batches])
        assert several.whole.frame.equals(together)


def test_a_pool_is_bounded(logs: list[tuple[Source, bytes]]) -> None:
    """Where a source has more rows than frames may have, it is given in several, none lost."""
    with patch.object(event_columns, "_MAX_ROWS", 50):
        found = pooled(logs)
    assert max(one.whole.frame.height for one in found) < 50 * 2 + 256
    batches = by_place(found)
    for place, (source, data) in enumerate(logs):
        rows = sum(batch.survey.rows for batch in evtx.parse(source, io.BytesIO(data)))
        assert sum(batch.survey.rows for batch in batches[place]) == rows
