"""Large EVTX read in pieces: the same case, whoever reads them in whichever order."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Source, Survey
from hevesy.records import add_up, parse, parse_stretch, stretches
from hevesy.runner import piece, reading
from hevesy.runner.assess import assess
from hevesy.runner.options import Options
from hevesy.runner.piece import HASH, Piece, pieces_of, put_together
from hevesy.runner.result import PieceRead, ReadResult
from hevesy.simulator import load_scenario, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hevesy.runner.pool import PoolPlan, Task, Undone

_CHUNK = 65_536
_HEADER = 4096


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EVTX of a server of several chunks; one is cut off in the middle of a chunk."""
    folder = tmp_path_factory.mktemp("evidence")
    simulate(load_scenario("events"), folder, seed=2, size=2_000_000)
    largest = max(folder.rglob("*.evtx"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-70_000])
    return folder


def source_of(data: bytes) -> Source:
    """A plain EVTX of these bytes."""
    return Source("in", "a.evtx", "", "in", "", "evtx", len(data), None, ("a.evtx",))


@given(st.integers(0, 40 * _CHUNK), st.integers(1, 9))
def test_stretches_are_the_file(size: int, chunks: int) -> None:
    """They follow each other without gap or overlap, and their bytes are the file's."""
    found = stretches(size, chunks)
    assert sum(length for length, _ in found) == size
    assert [stretch.first for _, stretch in found] == [n * chunks for n in range(len(found))]
    assert [stretch.end for _, stretch in found[:-1]] == [s.first for _, s in found[1:]]
    assert [stretch.last for _, stretch in found] == [False] * (len(found) - 1) + [True]
    assert all(length > 0 for length, _ in found[1:])


@pytest.mark.parametrize("chunks", [1, 3])
def test_stretches_say_together_what_the_file_says(evidence: Path, chunks: int) -> None:
    """Rows in their order, and the survey, damage and notes included."""
    for path in evidence.rglob("*.evtx"):
        data = path.read_bytes()
        source = source_of(data)
        whole = list(parse(source, io.BytesIO(data)))
        parts = [
            batch
            for _, stretch in stretches(len(data), chunks)
            for batch in parse_stretch(source, io.BytesIO(data), stretch)
        ]
        assert len(parts) == max(1, -(-(len(data) - _HEADER) // (chunks * _CHUNK)))
        assert add_up(part.survey for part in parts) == add_up(one.survey for one in whole)
        names = ["time", "server", "record", "raw"]
        one, other = (pl.concat([b.frame.select(names) for b in some]) for some in (parts, whole))
        assert one.equals(other)


def test_only_large_plain_evtx_are_read_in_pieces() -> None:
    """What lies in an archive would be unpacked for each piece; text logs are read quickly."""
    large = 512 * _CHUNK + _HEADER
    plain = Source("in", "a", "", "in", "", "evtx", large + 1, None, ("a",))
    assert [one.number for one in pieces_of(plain)] == [HASH, 0, 1]
    for other in (
        Source("in", "a", "", "in", "", "evtx", large, None, ("a",)),
        Source("in", "a", "", "in", "", "iis", large + 1, None, ("a",)),
        Source("in", "a", "", "in", "", "evtx", large + 1, None, ("a.zip", "zip:a")),
    ):
        assert pieces_of(other) == ()


def here(order: Callable[[Sequence[Any]], Sequence[Any]]) -> Callable[..., Iterator[Any]]:
    """Runs tasks in this process, in an order of its own."""

    def run(
        plan: PoolPlan[Any, ReadResult], tasks: Sequence[Task[Any]], _workers: object = None
    ) -> Iterator[ReadResult | Undone[Any]]:
        with patch("hevesy.runner.worker.limit_own_memory"):
            plan.initializer(*plan.initargs)
        for task in order(tasks):
            yield from plan.work(task.sources)

    return run


def case_of(evidence: Path, case: Path, order: Callable[[Sequence[Any]], Sequence[Any]]) -> Any:  # noqa: ANN401  # a dict of bytes
    """The bytes of what must not depend on who read what."""
    with patch.object(reading, "run_tasks", here(order)):
        assess(Options((str(evidence),), case))
    kept = ("assessment.json", "findings.parquet", "ledger.parquet", "timeline.parquet")
    return {name: (case / name).read_bytes() for name in kept}


def test_the_case_is_the_same_whoever_reads_the_pieces(evidence: Path, tmp_path: Path) -> None:
    """Bytes of the case: read as a whole, in pieces in order, in pieces in reverse."""
    whole = case_of(evidence, tmp_path / "whole", list)
    with patch.object(piece, "_CHUNKS", 2):
        parts = case_of(evidence, tmp_path / "parts", list)
        reverse = case_of(evidence, tmp_path / "reverse", lambda tasks: tasks[::-1])
    assert parts == reverse
    assert parts == whole


def read(number: int, size: int = 9, **changes: Any) -> ReadResult:  # noqa: ANN401  # any field
    """What a worker says of a piece."""
    sha256 = hashlib.sha256().hexdigest() if number == HASH else ""
    survey = Survey(sha256=sha256, size=7, rows=number + 2)
    surveys = () if number == HASH else (Survey(rows=number + 1, parsed=number + 1),)
    seen = PieceRead(number, frozenset({(size, 1)}), surveys)
    return ReadResult(source_of(b""), survey, piece=seen, **changes)


def test_a_piece_that_is_lost_costs_no_other() -> None:
    """The rows of the others count, and the loss says which chunks and why."""
    lost = Piece(source_of(b""), 1, stretches(3 * _CHUNK, 1)[1][1], 9)
    ((result,), losses) = put_together([read(2), read(0), read(HASH)], {lost: "it hung"})
    assert (result.survey.rows, losses, result.piece) == (1 + 3, [], None)
    assert result.survey.sha256
    assert result.loss is not None
    assert (result.loss.state, result.loss.reason) == ("partial", "chunks 1 to 1: it hung")


def test_what_has_no_hash_does_not_count() -> None:
    """A finding quotes the hash of its file: without it, nothing of the file is evidence."""
    hashed = Piece(source_of(b""), HASH, None, 9)
    results, losses = put_together([read(0), read(1)], {hashed: "it died"})
    assert results == []
    assert [(loss.state, loss.reason) for loss in losses] == [("quarantined", "hash: it died")]


def test_a_file_that_changes_while_it_is_read_is_told() -> None:
    """The hash may not be that of the bytes which were read."""
    (result,), _ = put_together([read(HASH), read(0), read(1, size=10)], {})
    assert result.loss is not None
    assert result.loss.reason == "it changed while it was read"
