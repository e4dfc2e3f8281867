"""The stages of a run as one readable tuple, and the run itself."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy import case, reports
from hevesy.model import Assessment
from hevesy.runner.concluding import conclude, take_stock, tell_what_happened
from hevesy.runner.examining import examine_exposure
from hevesy.runner.memory import PeakMemory
from hevesy.runner.naming import correlate, name_servers
from hevesy.runner.reading import follow, load_all, read_all, take_in
from hevesy.runner.state import State
from hevesy.runner.workers import Workshop, dismiss_workers, open_workshop
from hevesy.tables import SlicedTables

if TYPE_CHECKING:
    from rich.console import Console

    from hevesy.runner.options import Options

__all__ = ["STAGES", "Run", "assess"]

log = logging.getLogger(__name__)

Stage = Callable[[State], State]

STAGES: tuple[Stage, ...] = (
    load_all,  # rules first: a mistake in them must cost no hour of reading
    take_in,  # which files there are
    read_all,  # every byte once: ledger and hits
    name_servers,  # which server each row speaks of
    correlate,  # what several hits are together
    follow,  # the records that touch what succeeded
    examine_exposure,  # what was open, and since when
    dismiss_workers,  # what they hold is given back before the large tables are made
    tell_what_happened,  # chains, incidents, timeline
    take_stock,  # what the evidence could have shown
    conclude,  # the one Assessment
)
"""Order is meaning: each stage takes what the one before it returns."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run gave."""

    assessment: Assessment
    tables: SlicedTables
    """Their rows are gone with the scratch folder, and lie in the case."""
    numbers: reports.Numbers
    case: Path


def assess(
    options: Options, console: Console | None = None, workshop: Workshop | None = None
) -> Run:
    """Evidence -> a case folder.

    Args:
        options: What is asked for.
        console: Where progress is shown (stderr); None: nowhere.
        workshop: Opened for this run before all of the options were known; None: its own.

    Raises:
        UsageError: A path does not exist, or nothing in it is usable.
        ContentError: A rule, YARA file or indicator file is wrong.
        CaseError: The case cannot be written.
    """
    case.ensure_free(options.case, replace=options.replace)
    if workshop is None:
        with open_workshop(options) as own:
            return assess(options, console, own)
    started = datetime.now(UTC)
    begun = time.perf_counter()
    with PeakMemory() as peak:
        state = _run(State(options, workshop.scratch, console, workshop.workers, workshop.counter))
        assessment, tables = _results(state)
        html = reports.write_html(assessment, tables, mark=reports.Mark(f"TLP:{options.tlp}"))
    seconds = time.perf_counter() - begun
    numbers = _numbers(state, seconds, peak.bytes)
    case.write(
        options.case,
        assessment,
        tables,
        html=html,
        versions=_versions(state),
        run=_run_facts(state, started, numbers),
        log=_log_lines(state),
        replace=options.replace,
    )
    return Run(assessment, tables, numbers, options.case)


def _run(state: State) -> State:
    for stage in STAGES:
        begun = time.perf_counter()
        state = stage(state)
        seconds = time.perf_counter() - begun
        state = replace(state, timings=state.timings | {stage.__name__: round(seconds, 3)})
        log.info("%s: %.2f s", stage.__name__, seconds)
    return state


def _results(state: State) -> tuple[Assessment, SlicedTables]:
    if state.assessment is None or state.happened is None or state.ledger is None:
        raise RuntimeError("a stage is missing from STAGES")
    tables = SlicedTables(state.happened.finding_rows, state.happened.timeline, state.ledger)
    return state.assessment, tables


def _numbers(state: State, seconds: float, peak: int) -> reports.Numbers:
    surveys = [r.survey for r in state.results]
    return reports.Numbers(
        bytes=sum(s.size for s in surveys),
        seconds=seconds,
        peak_memory=peak,
        sources=len(surveys),
        rows=sum(s.rows for s in surveys),
        parsed=sum(s.parsed for s in surveys),
        passed_over=sum(s.passed_over for s in surveys),
        damaged=sum(s.damaged for s in surveys),
    )


_WORKED = ("polars", "evtx", "yara-x", "pysigma", "hyperscan")


def _versions(state: State) -> dict[str, str]:
    libraries = {}
    for name in _WORKED:
        try:
            libraries[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            libraries[name] = "absent"
    content = state.loaded
    digests = {
        "knowledge": content.knowledge.digest,
        "exchange": content.exchange.digest,
        "rules": content.digest,
    }
    return libraries | digests


def _run_facts(state: State, started: datetime, numbers: reports.Numbers) -> dict[str, object]:
    inputs = state.evidence.inputs if state.evidence is not None else ()
    return {
        "host": platform.node(),
        "command": sys.argv,
        "started": started.isoformat(),
        "python": platform.python_version(),
        "jobs": state.options.jobs,
        "timings": dict(state.timings),
        "seconds": round(numbers.seconds, 3),
        "peak_memory": numbers.peak_memory,
        "bytes": numbers.bytes,
        "inputs": [[one.name, one.path] for one in inputs],
    }


def _log_lines(state: State) -> list[str]:
    stages = [
        {"event": "stage", "name": name, "seconds": seconds}
        for name, seconds in state.timings.items()
    ]
    losses = [
        {"event": "loss", "input": one.input, "source": one.source, "state": one.state}
        | {"reason": one.reason}
        for one in (state.known.losses if state.known else ())
    ]
    return [json.dumps(line, sort_keys=True) for line in (*stages, *losses)]
