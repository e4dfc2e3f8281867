"""Sources are dealt out so that workers neither idle at the end nor pay for each small file."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Source
from hevesy.runner.assess import assess
from hevesy.runner.options import Options
from hevesy.runner.piece import Piece
from hevesy.runner.reading import _tasks

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1 << 20


def source(number: int, size: int) -> Source:
    """A plain file of a size."""
    name = f"{number:05}"
    return Source("in", name, "", "in", "", "iis", size, None, (name,))


@given(st.lists(st.integers(min_value=0, max_value=100 * _MB), max_size=200), st.integers(1, 8))
def test_every_source_is_in_one_task(sizes: list[int], jobs: int) -> None:
    """However they are grouped, none is left out and none is read twice."""
    sources = [source(number, size) for number, size in enumerate(sizes)]

    tasks = _tasks(sources, 1, jobs)

    items = [item for task in tasks for item in task.sources]
    dealt = sorted((s for s in items if isinstance(s, Source)), key=lambda s: s.path)
    assert dealt == sources


def test_thousands_of_small_files_make_few_tasks_and_enough_for_every_worker() -> None:
    """A rule set costs the same for ten rows as for thousands, so small files go together."""
    tasks = _tasks([source(number, 20_000) for number in range(3200)], 1, 2)

    assert 2 * 4 <= len(tasks) <= 2 * 12


def test_little_evidence_is_still_shared_among_workers() -> None:
    """One task of everything would leave all workers but one idle."""
    tasks = _tasks([source(number, 2 * _MB) for number in range(20)], 1, 4)

    assert len(tasks) >= 4


def test_what_is_left_over_is_no_task_of_its_own() -> None:
    """Two workers get a task each, not two and a third with a few small files."""
    sizes = [*([_MB] * 20), 10, 10]

    tasks = _tasks([source(number, size) for number, size in enumerate(sizes)], 1, 2)

    assert [len(task.sources) for task in tasks] == [11, 11]


def test_the_ledger_gives_the_size_that_was_read(tmp_path: Path) -> None:
    """A gz states only the size of its last member; what is reported is what was unpacked."""
    head = b"#Fields: date time s-ip cs-method cs-uri-stem c-ip sc-status\n"
    row = b"2021-03-03 00:00:01 10.0.0.1 GET /owa/ 192.0.2.1 200\n"
    path = tmp_path / "EX01" / "inetpub" / "logs" / "LogFiles" / "W3SVC1" / "u_ex210303.log.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(head + row * 50) + gzip.compress(row * 100))

    done = assess(Options((str(tmp_path / "EX01"),), tmp_path / "case", jobs=1))

    (told,) = done.assessment.sources
    assert (told.size, told.rows) == (len(head) + 150 * len(row), 150)


def test_a_large_evtx_becomes_pieces_each_a_task() -> None:
    """Its hash too; and where it was handed in twice, both are read."""
    large = [replace(source(number, 100 * _MB), kind="evtx", locator=("x",)) for number in (1, 2)]

    tasks = _tasks([*large, source(3, 5)], 1, 2)

    pieces = [item for task in tasks for item in task.sources if isinstance(item, Piece)]
    assert all(len(task.sources) == 1 for task in tasks)
    assert sorted((piece.source.path, piece.number) for piece in pieces) == [
        (path, number) for path in ("00001", "00002") for number in range(-1, 4)
    ]
