"""Sources are dealt out so that workers neither idle at the end nor pay for each small file."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Source
from hevesy.runner.piece import Piece
from hevesy.runner.reading import _tasks

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


def test_a_large_evtx_becomes_pieces_each_a_task() -> None:
    """Its hash too; and where it was handed in twice, both are read."""
    large = [replace(source(number, 100 * _MB), kind="evtx", locator=("x",)) for number in (1, 2)]

    tasks = _tasks([*large, source(3, 5)], 1, 2)

    pieces = [item for task in tasks for item in task.sources if isinstance(item, Piece)]
    assert all(len(task.sources) == 1 for task in tasks)
    assert sorted((piece.source.path, piece.number) for piece in pieces) == [
        (path, number) for path in ("00001", "00002") for number in range(-1, 4)
    ]
