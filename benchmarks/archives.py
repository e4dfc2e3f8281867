"""Logs in a zip and in gz files, read in place, against inflating with isal and hashing them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.benchmark import Benchmark, Result, Timing
from benchmarks.inputs import warm
from benchmarks.measuring import command, hevesy, in_turns, ratio
from benchmarks.text_logs import lines_that_differ

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.benchmark import Settings
    from benchmarks.inputs import Inputs, Logs

__all__ = ["BENCHMARK"]

_AIM = 1.3


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    logs = inputs.logs(settings.sizes[0], settings.rates[0])
    yield _measure(settings, inputs, logs, inputs.zipped(logs), "zip")
    yield _measure(settings, inputs, logs, inputs.gzipped(logs), "gz")


def _measure(settings: Settings, inputs: Inputs, logs: Logs, evidence: Path, kind: str) -> Result:
    files = tuple(f for f in evidence.rglob("*") if f.is_file()) or (evidence,)
    warm(files)
    case = inputs.scratch / f"case-{kind}"
    asked = ["assess", str(evidence), "-o", str(case), "--force", "-q"]
    ours = hevesy(*asked, "--jobs", str(settings.jobs))
    inflate = [sys.executable, "-m", "benchmarks.inflate", str(settings.jobs), *map(str, files)]
    size, environment = logs.size, inputs.environment

    def assess() -> Timing:
        return command(f"hevesy assess, {kind}", ours, environment, read=size)

    def peer() -> Timing:
        return command("isal and sha256", inflate, environment, read=size)

    assess()  # compiles the rules, which are cached from then on
    differing = lines_that_differ(logs, case)
    timings = in_turns([assess, peer], settings.repeats)
    shutil.rmtree(case, ignore_errors=True)
    packed = sum(file.stat().st_size for file in files)
    return Result(
        "archives",
        {"kind": kind, "bytes": size, "packed": packed},
        tuple(timings),
        (ratio(timings[0], timings[1], _AIM),),
        not differing,
        tuple(differing),
    )


BENCHMARK = Benchmark("archives", "Logs in archives", _run)
