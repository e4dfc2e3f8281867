"""The stages that conclude: what happened, what is covered, the assessment, the case folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hevesy.assessment import Known, assemble, coverage_of, ledger_of, with_rows
from hevesy.detection import HITS
from hevesy.incident import SHELLS, TOUCHES, reconstruct
from hevesy.knowledge import parse_build, table_ages
from hevesy.model import BuildSeen, DataTable, Input, Loss, SourceState
from hevesy.runner.settings_pass import speaks_of_settings
from hevesy.tables import KINDS, Sliced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hevesy.knowledge import Build
    from hevesy.runner.state import State
    from hevesy.runner.worker import ReadResult

__all__ = ["conclude", "take_stock", "tell_what_happened"]

_LATER = "later:"
_DAMAGED_SHOWN = 5


def tell_what_happened(state: State) -> State:
    """Chains, incidents, timeline."""
    hits = state.hits if state.hits is not None else pl.DataFrame(schema=HITS)
    touches = state.touches if state.touches is not None else pl.DataFrame(schema=TOUCHES)
    shells = state.shells if state.shells is not None else pl.DataFrame(schema=SHELLS)
    threats = state.loaded.knowledge.threats
    happened = reconstruct(
        hits,
        touches,
        shells,
        state.rules,
        threats,
        shared=state.shared_pivots,
        quotes=state.quotes,
    )
    # What it was made of is not asked for again, and is as large.
    return replace(state, happened=happened, hits=None, touches=None, shells=None)


def take_stock(state: State) -> State:
    """The ledger, the losses, the inputs: what the evidence could have shown."""
    counted = [r for r in state.results if (r.source.input, r.source.path) not in state.duplicates]
    ledger = ledger_of(
        [(state.server_of.get(r.source.collection, ""), r.source.kind, r.survey) for r in counted],
        state.canonical,
    )
    servers = {server.name for server in state.servers}
    content = state.loaded
    known = Known(
        as_of=state.options.as_of or content.as_of,
        inputs=_inputs(state),
        servers=state.servers,
        coverage={
            name: coverage_of(
                name,
                ledger,
                _files(counted, state, name),
                _damaged(counted, state, name),
                _clocks(counted, state, name),
                _sources(counted, state, name),
            )
            for name in servers
        },
        builds={
            name: _builds(counted, state, name) + _builds_of_files(counted, state, name)
            for name in servers
        },
        clock_notes={name: _clock_notes(counted, state, name) for name in servers},
        losses=_losses(state),
        sources=tuple(_state_of(r, state) for r in state.results) + _undone_states(state),
        rules=content.uses,
        options=_options(state),
        threats=content.knowledge.threats,
        exposed=state.exposed,
        server_evidence=state.server_evidence,
        tables=content.exchange,
        unseen=state.unseen,
        shared_clients=state.shared_clients,
        narrowed=(state.options.since, state.options.until),
        table_ages=_table_ages(state),
    )
    return replace(state, ledger=ledger, known=known)


def _table_ages(state: State) -> tuple[DataTable, ...]:
    """What was compared with, the user's own included, and how old it was on the day."""
    today = state.options.as_of or state.loaded.as_of
    return tuple(
        DataTable(one.title, one.as_of, max(one.days, 0), one.stale)
        for one in table_ages(today, own=state.options.tables)
    )


def conclude(state: State) -> State:
    """The one Assessment."""
    if state.known is None or state.happened is None:
        raise RuntimeError("the stages before `conclude` have not run")
    assessment = assemble(state.known, state.happened)
    rows = state.happened.finding_rows
    opened = Sliced(
        rows.height, lambda: (with_rows(part, assessment.findings) for part in rows.slices())
    )
    happened = replace(state.happened, finding_rows=opened)
    return replace(state, assessment=assessment, happened=happened)


def _of(result: ReadResult, state: State, name: str) -> bool:
    return state.server_of.get(result.source.collection, "") == name


def _files(results: Iterable[ReadResult], state: State, name: str) -> dict[str, int]:
    kinds = (r.source.kind for r in results if _of(r, state, name))
    return dict(Counter(k for k in kinds if k in KINDS and not KINDS[k].table))


def _ledger_kinds(result: ReadResult) -> set[str]:
    return {day.kind for day in result.survey.days} or {result.source.kind}


def _damaged(results: Iterable[ReadResult], state: State, name: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for result in results:
        if result.survey.damaged and _of(result, state, name):
            found[min(_ledger_kinds(result))] += result.survey.damaged
    return dict(found)


def _sources(results: Iterable[ReadResult], state: State, name: str) -> dict[str, int]:
    """Number of sources by log kind, each once; the rows of one may be of several servers."""
    found: Counter[str] = Counter()
    for result in results:
        own = state.server_of.get(result.source.collection, "")
        found.update(
            {
                day.kind
                for day in result.survey.days
                if (state.canonical.get(day.server, day.server) or own) == name
            }
        )
    return dict(found)


def _clocks(results: Iterable[ReadResult], state: State, name: str) -> dict[str, int]:
    return {
        kind: result.survey.clock_offset
        for result in results
        if result.survey.clock_offset is not None and _of(result, state, name)
        for kind in _ledger_kinds(result)
        if kind.startswith("windows:")
    }


def _clock_notes(results: Iterable[ReadResult], state: State, name: str) -> tuple[str, ...]:
    notes = dict.fromkeys(
        f"{result.source.path}: {note}"
        for result in results
        if result.survey.clock_offset is not None and _of(result, state, name)
        for note in result.survey.notes
    )
    asked = [
        f"times corrected by {clock.seconds:+d} s, as asked with --clock"
        for clock in state.options.clocks
        if clock.server == name
    ]
    return (*notes, *asked)


def _builds(results: Iterable[ReadResult], state: State, name: str) -> tuple[BuildSeen, ...]:
    merged: dict[tuple[str, str], BuildSeen] = {}
    for result in results:
        if not _of(result, state, name):
            continue
        for seen in result.survey.builds:
            key = (seen.build, seen.grade)
            merged[key] = _wider(merged[key], seen) if key in merged else seen
    return tuple(sorted(merged.values(), key=_in_time))


def _builds_of_files(
    results: Iterable[ReadResult], state: State, name: str
) -> tuple[BuildSeen, ...]:
    """What ExSetup.exe, hives, HealthChecker and the like say, apart from what lines of logs do."""
    evidence = state.server_evidence.get(name)
    logs = {f"{r.source.input}/{r.source.path}" for r in results if r.survey.builds}
    merged: dict[tuple[str, str, str], BuildSeen] = {}
    for one in evidence.builds if evidence else ():
        if one.source not in logs:
            key = (one.build, one.grade, one.origin)
            seen = BuildSeen(*key, one.first, one.last, one.line, one.last_line)
            merged[key] = _wider(merged[key], seen) if key in merged else seen
    return tuple(sorted(merged.values(), key=_in_time))


def _in_time(seen: BuildSeen) -> tuple[str, Build, str, str]:
    """By the first line that shows it; what has no time comes before, by its number."""
    first = seen.first.isoformat() if seen.first else ""
    return first, parse_build(seen.build) or (0, 0, 0, 0), seen.grade, seen.origin


def _wider(one: BuildSeen, other: BuildSeen) -> BuildSeen:
    firsts = [t for t in (one.first, other.first) if t]
    lasts = [t for t in (one.last, other.last) if t]
    origins = sorted({*one.origin.split(", "), *other.origin.split(", ")})
    first, last = min(firsts, default=None), max(lasts, default=None)
    return replace(one, origin=", ".join(origins), first=first, last=last, line=None)


def _losses(state: State) -> tuple[Loss, ...]:
    collections = {(s.input, s.path): s.collection for s in state.sources}
    losses = [*state.losses, *(loss for r in state.results for loss in _losses_of(r))]
    ordered = sorted(losses, key=lambda one: (not one.grave, one.state, one.input, one.source))
    return tuple(
        replace(
            loss,
            server=state.server_of.get(collections.get((loss.input, loss.source), ""), ""),
        )
        for loss in ordered
    )


def _losses_of(result: ReadResult) -> Iterator[Loss]:
    """What a source that was read does not show: broken rows, an end that is missing, its kind."""
    source, survey = result.source, result.survey
    place = (source.input, source.path)
    reasons = sorted({row.reason for row in survey.damaged_samples})[:_DAMAGED_SHOWN]
    if survey.damaged:
        yield Loss(*place, "damaged_rows", "; ".join(reasons), rows=survey.damaged)
    cut = [note for note in survey.notes if note.startswith("truncated")]
    if not survey.damaged:  # samples without rows: it is the file that is broken
        cut += reasons
    if cut and result.loss is None:
        yield Loss(*place, "partial", "; ".join(cut))
    if source.kind.startswith(_LATER):
        what = source.kind.removeprefix(_LATER)
        read = "read for builds and settings alone" if speaks_of_settings(source) else "known"
        yield Loss(*place, "not_parsed_yet", f"{read}, not parsed yet: {what}")
    elif source.kind == "unknown":
        yield Loss(*place, "unknown_kind", "no parser knows it")


def _state_of(result: ReadResult, state: State) -> SourceState:
    source, survey = result.source, result.survey
    repeated = (source.input, source.path) in state.duplicates
    return SourceState(
        input=source.input,
        source=source.path,
        windows_path=source.windows_path,
        server=state.server_of.get(source.collection, ""),
        kind=source.kind,
        size=survey.size,
        sha256=survey.sha256,
        modified=source.modified,
        rows=survey.rows,
        parsed=survey.parsed,
        passed_over=survey.passed_over,
        damaged=survey.damaged,
        damaged_samples=survey.damaged_samples,
        state="duplicate" if repeated else (result.loss.state if result.loss else "read"),
        notes=survey.notes,
    )


def _undone_states(state: State) -> tuple[SourceState, ...]:
    read = {(r.source.input, r.source.path) for r in state.results}
    return tuple(
        SourceState(
            input=s.input,
            source=s.path,
            windows_path=s.windows_path,
            server=state.server_of.get(s.collection, ""),
            kind=s.kind,
            size=s.size,
            sha256="",
            modified=s.modified,
            rows=0,
            parsed=0,
            passed_over=0,
            damaged=0,
            damaged_samples=(),
            state="quarantined",
        )
        for s in state.sources
        if (s.input, s.path) not in read
    )


def _inputs(state: State) -> tuple[Input, ...]:
    """Each input with its hash: a file's own, a folder's from the sorted hashes of its sources."""
    paths = {one.name: Path(one.path) for one in state.evidence.inputs} if state.evidence else {}
    found = []
    for name in sorted(paths):
        results = [r for r in state.results if r.source.input == name]
        digest, size = _hashed(paths[name], results)
        found.append(Input(name, size, digest, len(results)))
    return tuple(found)


def _hashed(path: Path, results: Sequence[ReadResult]) -> tuple[str, int]:
    is_one_log = len(results) == 1 and results[0].source.locator[1:] == ()
    if path.is_file() and not is_one_log:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
    if is_one_log:
        return results[0].survey.sha256, results[0].survey.size
    lines = sorted(f"{r.survey.sha256}  {r.source.path}" for r in results)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest(), sum(
        r.survey.size for r in results
    )


def _options(state: State) -> tuple[tuple[str, str], ...]:
    """What can change the result; neither the number of workers nor where the case lies."""
    options = state.options
    pairs = {
        "rules": ", ".join(p.name for p in options.rules),
        "yara": ", ".join(p.name for p in options.yara),
        "indicators": ", ".join(p.name for p in options.indicators),
        "since": str(options.since or ""),
        "until": str(options.until or ""),
        "clock": ", ".join(f"{c.server}{c.seconds:+d}s" for c in options.clocks),
        "tlp": options.tlp,
    }
    return tuple((k, v) for k, v in pairs.items() if v)
