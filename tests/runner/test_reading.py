"""Sources are dealt out so that workers neither idle at the end nor pay for each small file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Source
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
