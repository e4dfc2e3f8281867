"""The stages that touch bytes: list the evidence, read it, follow what was found."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection import HITS
from hevesy.errors import NoUsableInput
from hevesy.evidence import catalog, groups, open_evidence
from hevesy.incident import TOUCHES, confirm, followed_pivots, known_shells, shell_requests
from hevesy.model import Loss, Source
from hevesy.records import recognise
from hevesy.runner.content import load_content, rule_cache
from hevesy.runner.piece import Piece, pieces_of, put_together
from hevesy.runner.pool import PoolPlan, Task, Undone, run_tasks
from hevesy.runner.progress import ByteProgress
from hevesy.runner.settings_pass import speaks_of_settings
from hevesy.runner.worker import (
    DETECTOR,
    FOLLOWED,
    ReadResult,
    follow_sources,
    read_sources,
)
from hevesy.runner.workers import begin_work, byte_counter, set_up_with
from hevesy.tables import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hevesy.detection import Quotes
    from hevesy.runner.options import ClockOffset, Options
    from hevesy.runner.state import State

__all__ = ["follow", "load_all", "read_all", "take_in"]

_TASKS_A_WORKER = 8
"""Enough that workers end at about the same time, whatever the sources are."""
_TASK_BYTES = (32 << 20, 256 << 20)
_TASK_FILES = (256, 512)
"""Least and most of a task: rules cost something a task, however few its rows."""
_REMAINDER = 4
"""What is left and is less than one part in so many is no task of its own."""
_FOLLOWED_TABLES = ("iis", "httpproxy", "ecp_server", "ecp_activity")


def load_all(state: State) -> State:
    """Load rules, YARA and indicators; a mistake in them ends the run before evidence is read."""
    content = load_content(state.options, cache=rule_cache())
    return replace(state, content=content, rules=content.references())


def take_in(state: State) -> State:
    """List every source of the evidence.

    Raises:
        UsageError: A path does not exist.
        NoUsableInput: There is nothing in it that could be read.
    """
    options = state.options
    evidence = open_evidence(_paths(options), servers=options.servers, scratch=state.scratch)
    sources = tuple(catalog(evidence, recognise))
    losses = evidence.losses()
    if not any(source.kind in KINDS for source in sources):
        reasons = "; ".join(f"{loss.input}: {loss.reason}" for loss in losses[:3])
        kinds = sorted({s.kind.removeprefix("later:") for s in sources} - {"other", "unknown"})
        later = f"; known, not yet parsed: {', '.join(kinds[:5])}" if kinds else ""
        number = "file" if len(sources) == 1 else "files"
        found = f"{len(sources)} {number}, none of a kind that tells of an attack{later}"
        if any(map(speaks_of_settings, sources)):
            found += "; `hevesy exposure` reads what tells of builds and settings"
        raise NoUsableInput(f"no usable input: {reasons or found}")
    return replace(state, evidence=evidence, sources=sources, losses=losses)


def _paths(options: Options) -> list[str]:
    """What was named as evidence, and what `--server` names beside it."""
    named = [Path(path).absolute() for path in options.evidence]
    beside = [
        path
        for path in options.servers.values()
        if not any(Path(path).absolute().is_relative_to(one) for one in named)
    ]
    return [*options.evidence, *beside]


def read_all(state: State) -> State:
    """First and second pass: every byte once, surveyed and compared."""
    _keep(state, DETECTOR, state.loaded.detector)
    results, losses = _in_workers(state, "reading", state.sources, read_sources)
    by_place = {(r.source.input, r.source.path): _sized(r) for r in results}
    ordered = tuple(by_place[key] for s in state.sources if (key := (s.input, s.path)) in by_place)
    rules = dict(state.rules) | {rule.id: rule for r in ordered for rule in r.rules}
    lost = [r.loss for r in ordered if r.loss]
    return replace(state, results=ordered, rules=rules, losses=(*state.losses, *lost, *losses))


def _sized(result: ReadResult) -> ReadResult:
    """With the size that was read, where the list of the evidence had only a stated one."""
    size, source = result.survey.size, result.source
    if not result.survey.sha256 or size == source.size:
        return result
    return replace(result, source=replace(source, size=size))


def follow(state: State) -> State:
    """Third pass: gather all records that touch what was found to have succeeded.

    Shells that were found decide the outcome of hits that left it open; the requests to them become
    hits of their own.
    """
    hits = state.hits if state.hits is not None else pl.DataFrame(schema=HITS)
    shells = known_shells(hits)
    hits = confirm(hits, shells)
    followed = _by_collection(followed_pivots(hits, shells, state.shared_pivots), state.server_of)
    wanted = [
        r.source
        for r in state.results
        if r.survey.rows
        and r.source.kind in KINDS
        and KINDS[r.source.kind].table in _FOLLOWED_TABLES
        and r.source.collection in followed
        and (r.source.input, r.source.path) not in state.duplicates
    ]
    _keep(state, FOLLOWED, followed)
    results, losses = _in_workers(state, "following", wanted, follow_sources)
    touches, quotes = load_parts(results, TOUCHES, state.quotes)
    touches = _sealed(touches, state.results)
    touches = corrected(with_servers(touches, results, state), state.options.clocks)
    options, baseline = state.options, state.loaded.detector.baseline
    shipped = frozenset(page for page in shells["page"] if baseline.ships(page))
    asked = shell_requests(touches, shells, shipped)
    # What `--since` and `--until` leave out is gathered for the timeline, and is no finding.
    asked = asked.filter(pl.col("time") >= options.since) if options.since else asked
    asked = asked.filter(pl.col("time") <= options.until) if options.until else asked
    hits = pl.concat([hits, asked])
    return replace(
        state,
        hits=hits,
        touches=touches,
        quotes=quotes,
        shells=shells,
        losses=(*state.losses, *losses),
    )


def _sealed(touches: pl.DataFrame, results: Iterable[ReadResult]) -> pl.DataFrame:
    """Fill in the hashes of sources, as the first pass found them."""
    hashes = pl.DataFrame(
        [(r.source.input, r.source.path, r.survey.sha256) for r in results],
        schema={name: TOUCHES[name] for name in ("input", "source", "sha256")},
        orient="row",
    )
    places = touches.select("input", "source").join(
        hashes, on=["input", "source"], how="left", maintain_order="left"
    )
    return touches.with_columns(places["sha256"])


def load_parts(
    results: Iterable[ReadResult], schema: Mapping[str, pl.DataType], quotes: Quotes
) -> tuple[pl.DataFrame, Quotes]:
    """The frames that workers left, together, in the order of the sources.

    Args:
        results: Of which the parts are.
        schema: `HITS` or `TOUCHES`; hits may carry `CORRELATED` too.
        quotes: Of parts that were loaded before.

    Returns:
        The frame, whose raw text stays on disk, and where that lies.
    """
    quotes, parts = quotes.take((path for r in results for path in r.parts), schema)
    return pl.concat([pl.DataFrame(schema=schema), *parts], how="diagonal"), quotes


def with_servers(frame: pl.DataFrame, results: Iterable[ReadResult], state: State) -> pl.DataFrame:
    """Fill `server`: the name that a row carries, as the server goes by it, else its source's."""
    rows = {
        (r.source.input, r.source.path): state.server_of.get(r.source.collection, "")
        for r in results
    }
    of_source = pl.DataFrame(
        [(*key, name) for key, name in rows.items()],
        schema=dict.fromkeys(("input", "source", "of_source"), frame.schema["source"]),
        orient="row",
    )
    own = pl.col("server").replace(dict(state.canonical))
    # Joined apart from the other columns: a join copies them all.
    places = frame.select("input", "source", "server").join(
        of_source, on=["input", "source"], how="left", maintain_order="left"
    )
    named = places.select(server=pl.coalesce(own, "of_source", pl.lit("")))
    return frame.with_columns(named["server"].cast(frame.schema["server"]))


def _by_collection(
    followed: pl.DataFrame, server_of: Mapping[str, str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    by_server: dict[str, list[tuple[str, str]]] = {}
    for server, kind, value in followed.iter_rows():
        by_server.setdefault(server, []).append((kind, value))
    return {
        collection: tuple(by_server[server])
        for collection, server in sorted(server_of.items())
        if server in by_server
    }


def _in_workers(
    state: State,
    title: str,
    sources: Sequence[Source],
    work: Callable[[tuple[Source | Piece, ...]], Sequence[ReadResult]],
) -> tuple[list[ReadResult], list[Loss]]:
    if not sources:
        return [], []
    options = state.options
    tasks = _tasks(sources, options.seconds_per_source, options.jobs)
    counter = state.counter or byte_counter()
    counter.get_obj().value = 0  # a worker that was killed may hold the lock for ever
    setup = set_up_with(options, state.scratch, counter)
    plan = PoolPlan(work, begin_work, setup, min(options.jobs, len(tasks)))
    results: list[ReadResult] = []
    losses: list[Loss] = []
    undone: dict[Piece, str] = {}
    total = sum(s.size for s in sources)
    with ByteProgress(state.console, title, total, counter):
        for result in run_tasks(plan, tasks, state.workers):
            if not isinstance(result, Undone):
                results.append(result)
            elif isinstance(result.source, Piece):
                undone[result.source] = result.reason
            else:
                at = result.source
                losses.append(Loss(at.input, at.path, "quarantined", result.reason))
    results, lost = put_together(results, undone)
    losses += lost
    results.sort(key=lambda r: (r.source.input, r.source.path))
    losses.sort(key=lambda one: (one.input, one.source))
    return results, losses


def _keep(state: State, name: str, what: object) -> None:
    """Leave something for the workers."""
    (state.scratch / name).write_bytes(pickle.dumps(what))


def _tasks(sources: Sequence[Source], seconds: float, jobs: int) -> list[Task[Source | Piece]]:
    """Small sources together, large ones alone or in pieces; the largest first: no worker idles.

    What lies in one compressed archive stays together: it is read in one pass.
    """
    most_bytes = _share(sum(source.size for source in sources), jobs, _TASK_BYTES)
    most_files = _share(len(sources), jobs, _TASK_FILES)
    tasks: list[Task[Source | Piece]] = []
    batches: list[list[Source]] = [[]]
    size = 0
    for together in groups(sources):
        bytes_together = sum(source.size for source in together)
        if pieces := [piece for source in together for piece in pieces_of(source)]:
            tasks += [_task((piece,), seconds) for piece in pieces]
            continue
        if bytes_together >= most_bytes:
            tasks.append(_task(together, seconds))
            continue
        batches[-1] += together
        size += bytes_together
        if size >= most_bytes or len(batches[-1]) >= most_files:
            batches.append([])
            size = 0
    if len(batches) > jobs and size * _REMAINDER < most_bytes:
        *batches, left = batches
        batches[-1] += left
    tasks += [_task(batch, seconds) for batch in batches if batch]
    return sorted(tasks, key=lambda task: -sum(s.size for s in task.sources))


def _share(whole: int, jobs: int, bounds: tuple[int, int]) -> int:
    """What one task is to hold of the whole; every worker gets one."""
    least, most = bounds
    return min(most, max(least, whole // (jobs * _TASKS_A_WORKER)), -(-whole // jobs))


def _task(group: Sequence[Source | Piece], seconds: float) -> Task[Source | Piece]:
    size = sum(source.size for source in group)
    return Task(tuple(group), seconds + size / (1 << 20))


def corrected(hits: pl.DataFrame, clocks: tuple[ClockOffset, ...]) -> pl.DataFrame:
    """Rows with the times of the servers whose clock is known to be off, as `--clock` says."""
    for clock in clocks:
        applies = pl.col("server") == clock.server
        if clock.windows_only:
            applies &= pl.col("kind").is_in(["evtx", "event_json"])
        hits = hits.with_columns(
            time=pl.when(applies)
            .then(pl.col("time") + timedelta(seconds=clock.seconds))
            .otherwise("time")
        )
    return hits
