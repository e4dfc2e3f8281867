"""`python -m benchmarks profile FOLDER`: what a worker spends its processor time on."""

from __future__ import annotations

import cProfile
import pickle
import pstats
import shutil
import tempfile
import time
from pathlib import Path

from hevesy.runner.content import rule_cache
from hevesy.runner.options import Options
from hevesy.runner.reading import load_all, take_in
from hevesy.runner.state import State
from hevesy.runner.worker import DETECTOR, read_sources, set_up
from hevesy.runner.workers import WorkerSetup

__all__ = ["profile"]

_GROUP = 256
"""Sources a task, about as the runner groups small ones."""


def profile(evidence: Path, rules: tuple[Path, ...] = (), *, top: int = 40) -> str:
    """Read evidence in this one process under the profiler.

    Functions of polars, hyperscan and evtx work in threads or in native code: what they cost
    stands under the Python function that called them.

    Args:
        evidence: What is read.
        rules: Sigma rules beside hevesy's own.
        top: Lines of each of the two tables.

    Returns:
        The functions that cost most processor time, by their own time and with what they call.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hevesy-profile-"))
    try:
        options = Options((str(evidence),), scratch / "case", rules=rules)
        state = take_in(load_all(State(options, scratch)))
        (scratch / DETECTOR).write_bytes(pickle.dumps(state.loaded.detector))
        set_up(WorkerSetup(scratch, 16 << 30, None, None))
        measured = cProfile.Profile(time.process_time)
        groups = [state.sources[i : i + _GROUP] for i in range(0, len(state.sources), _GROUP)]
        measured.enable()
        for group in groups:
            read_sources(group)
        measured.disable()
        return f"rule cache: {rule_cache()}\n" + _tables(measured, scratch / "table", top)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _tables(measured: cProfile.Profile, path: Path, top: int) -> str:
    with path.open("w", encoding="utf-8") as file:
        stats = pstats.Stats(measured, stream=file)
        stats.sort_stats("tottime").print_stats(top)
        stats.sort_stats("cumulative").print_stats(top)
    return path.read_text(encoding="utf-8")
