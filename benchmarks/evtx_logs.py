"""EVTX, real and invented, with SigmaHQ's windows rules: `hevesy assess` against Zircolite."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.benchmark import Benchmark, Ratio, Result, Timing
from benchmarks.inputs import warm
from benchmarks.measuring import command, hevesy, in_turns, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.benchmark import Settings
    from benchmarks.inputs import Inputs

__all__ = ["BENCHMARK"]

_AIM = 0.4
_AIM_LARGE = 0.12
_LARGE = 300_000_000
"""Bytes from which on everything runs once: Zircolite takes minutes."""
_RULES = "rules/rules_windows_generic.json"
_SHOWN = 20


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    folder = inputs.evtx()
    rules = inputs.sigmahq("windows", lambda text: "product: windows" in text)
    if folder is None or rules is None:
        note = "left out: needs evtx_to_mitre_attack.zip and sigmahq_rules.zip of --corpora"
        yield Result("evtx", {}, (), notes=(note,))
        return
    shutil.rmtree(inputs.scratch / "cache", ignore_errors=True)
    yield _measure(settings, inputs, folder, rules, _AIM)
    events = inputs.events(settings.events)
    yield _measure(settings, inputs, events, rules, _AIM_LARGE)
    shutil.rmtree(events, ignore_errors=True)


def _measure(settings: Settings, inputs: Inputs, folder: Path, rules: Path, aim: float) -> Result:
    """All EVTX below a folder; the first run may have no rules cached."""
    files = tuple(folder.rglob("*.evtx"))
    warm(files)
    size = sum(file.stat().st_size for file in files)
    case, cached = inputs.scratch / "case-evtx", (inputs.scratch / "cache").exists()
    asked = ["assess", str(folder), "-o", str(case), "--force", "-q", "--rules", str(rules)]
    arguments = hevesy(*asked, "--jobs", str(settings.jobs))

    def ours() -> Timing:
        return command("hevesy assess", arguments, inputs.environment, read=size, accept=(0, 1, 3))

    cold = [] if cached else [replace(ours(), what="hevesy assess, rules not cached")]
    repeats = settings.repeats if size < _LARGE else 1
    ratios: tuple[Ratio, ...] = ()
    notes: tuple[str, ...] = ("left out: Zircolite, of which no checkout was named (--zircolite)",)
    if settings.zircolite is None:
        rest = in_turns([ours], repeats)
    else:
        rest = in_turns([ours, _zircolite(settings.zircolite, folder, inputs, size)], repeats)
        ratios = (ratio(rest[0], rest[1], aim),)
        notes = _compared(case, inputs.scratch / "zircolite.json")
    facts = {"files": len(files), "bytes": size, "records": _records(case)}
    shutil.rmtree(case, ignore_errors=True)
    return Result("evtx", facts, (*rest, *cold), ratios, None, notes)


def _records(case: Path) -> int:
    """Events that were read."""
    sources = json.loads((case / "assessment.json").read_bytes())["sources"]
    return sum(int(source["rows"]) for source in sources)


def _zircolite(checkout: Path, folder: Path, inputs: Inputs, size: int) -> Callable[[], Timing]:
    own = checkout / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    output = inputs.scratch / "zircolite.json"
    arguments = [python, str(checkout / "zircolite.py"), "--evtx", str(folder), "--quiet"]
    arguments += ["--ruleset", str(checkout / _RULES), "--outfile", str(output)]
    arguments += ["--config", str(checkout / "config" / "config.yaml")]
    arguments += ["--logfile", str(inputs.scratch / "zircolite.log")]
    return lambda: command("Zircolite, generic rules", arguments, inputs.environment, read=size)


def _compared(case: Path, theirs: Path) -> tuple[str, ...]:
    """Rules by title: the sets differ in age and in how Sysmon is mapped; this is no equality."""
    other = {rule["title"]: int(rule["count"]) for rule in json.loads(theirs.read_bytes())}
    rows = pl.read_parquet(case / "findings.parquet").filter(
        pl.col("rule_source").str.ends_with(".zip")
    )
    counted = rows.group_by("rule_title").len()
    mine = {str(title): int(count) for title, count in counted.iter_rows()}
    both = mine.keys() & other.keys()
    alike = sum(mine[title] == other[title] for title in both)
    missing = sorted(other.keys() - mine.keys())
    return (
        (
            f"ours: {len(mine)} rules, {sum(mine.values()):,} events; "
            f"Zircolite: {len(other)} rules, {sum(other.values()):,} events"
        ),
        (
            f"{len(both)} rules by both, {alike} of them on as many events; "
            "the rule sets are not the same, so equal results cannot be asked for"
        ),
        *(f"Zircolite alone: {title} ({other[title]})" for title in missing[:_SHOWN]),
    )


BENCHMARK = Benchmark("evtx", "EVTX files with SigmaHQ's windows rules", _run)
