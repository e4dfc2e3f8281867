"""Real EVTX files with SigmaHQ's windows rules: the whole of `hevesy assess` against Zircolite."""

from __future__ import annotations

import json
import shutil
import sys
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
_RULES = "rules/rules_windows_generic.json"
_SHOWN = 20


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    folder = inputs.evtx()
    rules = inputs.sigmahq("windows", lambda text: "product: windows" in text)
    if folder is None or rules is None:
        note = "left out: needs evtx_to_mitre_attack.zip and sigmahq_rules.zip of --corpora"
        yield Result("evtx", {}, (), notes=(note,))
        return
    files = tuple(folder.rglob("*.evtx"))
    warm(files)
    size = sum(file.stat().st_size for file in files)
    case, cache = inputs.scratch / "case-evtx", inputs.scratch / "cache"
    asked = ["assess", str(folder), "-o", str(case), "--force", "-q", "--rules", str(rules)]
    arguments = hevesy(*asked, "--jobs", str(settings.jobs))

    def ours() -> Timing:
        return command("hevesy assess", arguments, inputs.environment, read=size, accept=(0, 3))

    shutil.rmtree(cache, ignore_errors=True)
    cold = ours()
    rest: list[Timing]
    ratios: tuple[Ratio, ...] = ()
    equal: bool | None = None
    notes: tuple[str, ...] = ("left out: Zircolite, of which no checkout was named (--zircolite)",)
    if settings.zircolite is None:
        rest = in_turns([ours], settings.repeats)
    else:
        peer = _zircolite(settings.zircolite, folder, inputs, size)
        rest = in_turns([ours, peer], settings.repeats)
        ratios = (ratio(rest[0], rest[1], _AIM),)
        notes = _compared(case, inputs.scratch / "zircolite.json")
    first = Timing("hevesy assess, rules not cached", cold.seconds, cold.cpu, cold.memory, size)
    yield Result("evtx", {"files": len(files), "bytes": size}, (*rest, first), ratios, equal, notes)
    shutil.rmtree(case, ignore_errors=True)


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
