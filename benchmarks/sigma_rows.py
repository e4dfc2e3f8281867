"""Process creations with every rule for them: the engine against SQLite, one SELECT a rule."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import re
import resource
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.benchmark import Benchmark, Ratio, Result, Timing
from benchmarks.measuring import in_turns, ratio
from benchmarks.process_rows import process_rows
from hevesy.detection.taxonomy import taxonomy
from hevesy.knowledge import load as load_knowledge
from hevesy.runner.memory import PeakMemory
from hevesy.sigma import Ruleset, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.benchmark import Settings
    from benchmarks.inputs import Inputs

__all__ = ["BENCHMARK", "convert", "part_of", "select_all"]

_PEER_ROWS = 20_000
"""Rows that SQLite is asked about; what it takes grows with them in proportion."""
_AIM_SQLITE = 1 / 150
_AIM_HALF = 1.4
_SHOWN = 20
_PARTS = {
    1.0: "hevesy.sigma, all rules",
    0.5: "a random half",
    0.25: "a quarter",
    0.125: "an eighth",
}
"""Parts of the rules that are asked: the cost should hardly grow with them."""


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    rules = inputs.sigmahq("process_creation", _for_processes)
    texts = inputs.rule_texts(rules) if rules else _own_texts()
    paths = (rules,) if rules else _own_folders()
    frame = process_rows(settings.rows, texts)
    small = frame.head(_PEER_ROWS)
    written = inputs.scratch / "process-rows.arrow"
    frame.write_ipc(written)
    cache = inputs.scratch / "sigma-cache"
    load(paths, taxonomy(), cache=cache)  # parsed once, then cached by content

    queries = convert(texts)
    peer, theirs = select_all(small, queries)
    ours = _matched(load(paths, taxonomy(), cache=cache), small)
    differing = _differences(ours, theirs, queries)
    times = frame.height / small.height
    peer = replace(peer, what=f"SQLite, times {times:g}", seconds=peer.seconds * times)
    peer = replace(peer, cpu=peer.cpu * times)

    def apart(what: str, part: float) -> Timing:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_match_file, what, written, paths, cache, part).result()

    whole, half, *fewer = in_turns(
        [partial(apart, what, part) for part, what in _PARTS.items()], settings.repeats
    )
    ratios: tuple[Ratio, ...] = (ratio(whole, peer, _AIM_SQLITE), ratio(whole, half, _AIM_HALF))
    yield Result(
        "sigma_rows",
        {"rows": frame.height, "rules": len(texts), "compared": len(queries)},
        (whole, half, peer),
        ratios,
        not differing,
        (f"{sum(map(len, theirs.values())):,} matches of SQLite compared", *differing),
    )
    everything = load(paths, taxonomy(), cache=cache)
    for part, timing in zip(_PARTS, (whole, half, *fewer), strict=True):
        rules_asked = len(part_of(everything, part).rules)
        yield Result(
            "sigma_rows",
            {"rows": frame.height, "part": part, "rules asked": rules_asked},
            (timing,),
        )


def _for_processes(text: str) -> bool:
    return "category: process_creation" in text and "product: windows" in text


def _own_folders() -> tuple[Path, ...]:
    return tuple(Path(threat.folder) / "sigma" for threat in load_knowledge().threats)


def _own_texts() -> list[str]:
    files = sorted(file for folder in _own_folders() for file in folder.rglob("*.yml"))
    return [t for file in files if _for_processes(t := file.read_text(encoding="utf-8"))]


def _match_file(
    what: str, written: Path, paths: Sequence[Path], cache: Path, part: float
) -> Timing:
    """Match in a process of its own, so that its memory is known and nothing is warm but files."""
    rules = load(paths, taxonomy(), cache=cache)
    rules = part_of(rules, part)
    frame = pl.read_ipc(written)
    with PeakMemory() as peak:
        before = _cpu()
        begun = time.perf_counter()
        rules.match("windows", frame)
        seconds = time.perf_counter() - begun
        cpu = _cpu() - before
    return Timing(what, seconds, cpu, peak.bytes)


def part_of(rules: Ruleset, part: float) -> Ruleset:
    """A random part of the rules, always the same; smaller parts lie within larger ones."""
    draws = random.Random(1)  # noqa: S311  # no secret
    chosen = {rule.id for rule in rules.rules if draws.random() < part}
    return rules if part >= 1 else rules.select(lambda rule: rule.id in chosen)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _matched(rules: Ruleset, frame: pl.DataFrame) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for rule, row in rules.match("windows", frame).iter_rows():
        found.setdefault(rules.rules[rule].id, set()).add(row)
    return found


def convert(texts: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    """SELECTs of pySigma's SQLite backend, by rule id: title and queries.

    Rules that it refuses (correlations, placeholders without values) are left out.
    """
    from sigma.backends.sqlite.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    backend = sqliteBackend()  # type: ignore[no-untyped-call]  # pySigma types its values only
    found: dict[str, tuple[str, list[str]]] = {}
    for text in texts:
        try:
            (rule,) = SigmaCollection.from_yaml(text).rules
            queries = backend.convert(SigmaCollection([rule]))
        except (SigmaError, NotImplementedError, ValueError):
            continue
        found[str(rule.id)] = (rule.title, [str(query) for query in queries])
    return found


def select_all(
    frame: pl.DataFrame, queries: dict[str, tuple[str, list[str]]]
) -> tuple[Timing, dict[str, set[int]]]:
    """Ask SQLite every query, on a table in memory without an index.

    Returns:
        What the SELECTs took, and the rows (index into the frame) by rule id.
    """
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        return _select_all(connection, frame, queries)


def _select_all(
    connection: sqlite3.Connection, frame: pl.DataFrame, queries: dict[str, tuple[str, list[str]]]
) -> tuple[Timing, dict[str, set[int]]]:
    connection.create_function("REGEXP", 2, _regexp, deterministic=True)
    # Sigma compares without case; in SQLite that is a trait of the column
    columns = ", ".join(f'"{name}" COLLATE NOCASE' for name in frame.columns)
    connection.execute(f"CREATE TABLE logs ({columns})")
    marks = ", ".join("?" for _ in frame.columns)
    connection.executemany(f"INSERT INTO logs VALUES ({marks})", frame.iter_rows())  # noqa: S608  # marks alone
    rows: dict[str, set[int]] = {}
    begun, before = time.perf_counter(), time.process_time()
    for rule, (_, texts) in queries.items():
        for text in texts:
            asked = text.replace("SELECT *", "SELECT rowid").replace("<TABLE_NAME>", "logs")
            rows.setdefault(rule, set()).update(number - 1 for number in _ask(connection, asked))
    took = Timing("SQLite", time.perf_counter() - begun, time.process_time() - before)
    return took, rows


def _ask(connection: sqlite3.Connection, query: str) -> list[int]:
    """Row numbers; a column that the rows do not have is added, empty, and asked for again."""
    while True:
        try:
            return [number for (number,) in connection.execute(query)]
        except sqlite3.OperationalError as error:
            missing = re.fullmatch(r"no such column: (.+)", str(error))
            if not missing:
                raise
            connection.execute(f'ALTER TABLE logs ADD COLUMN "{missing[1]}"')


def _regexp(pattern: str, value: object) -> bool:
    return value is not None and re.search(pattern, str(value)) is not None


def _differences(
    ours: dict[str, set[int]],
    theirs: dict[str, set[int]],
    queries: dict[str, tuple[str, list[str]]],
) -> list[str]:
    said = []
    for rule, (title, _) in queries.items():
        mine, other = ours.get(rule, set()), theirs.get(rule, set())
        if mine != other:
            said.append(
                f"differs: {title}: {len(mine - other)} rows ours alone, {len(other - mine)} theirs"
            )
    more = [f"and {len(said) - _SHOWN} rules more"] if len(said) > _SHOWN else []
    return said[:_SHOWN] + more


BENCHMARK = Benchmark("sigma_rows", "Rows of process creation with every rule for them", _run)
