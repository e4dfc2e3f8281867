"""Logs in a zip and in gz files, read in place, against inflating with isal and hashing them.

What is compared is reaching the bytes, within the limits that hostile evidence needs and with
their checksums looked at; the whole of `hevesy assess` stands beside it.
"""

from __future__ import annotations

import shutil
import subprocess
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
_MOST = 4 * 10**9
"""Bytes of the largest logs that are packed: that takes longer than what is measured."""
_READ = "hevesy.evidence, {kind}"


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    logs = inputs.logs(min(settings.sizes[-1], _MOST), settings.rates[0])
    yield _measure(settings, inputs, logs, inputs.zipped(logs), "zip")
    yield _measure(settings, inputs, logs, inputs.gzipped(logs), "gz")


def _measure(settings: Settings, inputs: Inputs, logs: Logs, evidence: Path, kind: str) -> Result:
    files = tuple(f for f in evidence.rglob("*") if f.is_file()) or (evidence,)
    warm(files)
    case = inputs.scratch / f"case-{kind}"
    asked = ["assess", str(evidence), "-o", str(case), "--force", "-q"]
    ours = hevesy(*asked, "--jobs", str(settings.jobs))
    module = [sys.executable, "-m"]
    inflate = [*module, "benchmarks.inflate", str(settings.jobs), *map(str, files)]
    in_place = [*module, "benchmarks.in_place", str(settings.jobs), str(evidence)]
    size, environment = logs.size, inputs.environment

    def assess() -> Timing:
        return command(f"hevesy assess, {kind}", ours, environment, read=size)

    def reading() -> Timing:
        return command(_READ.format(kind=kind), in_place, environment, read=size)

    def peer() -> Timing:
        return command("isal and sha256", inflate, environment, read=size)

    assess()  # compiles the rules, which are cached from then on
    differing = [*lines_that_differ(logs, case), *_hashed_otherwise(inputs, in_place, inflate)]
    whole, place, theirs = in_turns([assess, reading, peer], settings.repeats)
    shutil.rmtree(case, ignore_errors=True)
    packed = sum(file.stat().st_size for file in files)
    return Result(
        "archives",
        {"kind": kind, "bytes": size, "packed": packed},
        (place, theirs, whole),
        (ratio(place, theirs, _AIM), ratio(whole, theirs)),
        not differing,
        tuple(differing),
    )


def _hashed_otherwise(inputs: Inputs, ours: list[str], theirs: list[str]) -> list[str]:
    """Whether two commands do not print the same hashes, as sentences."""
    told = [
        sorted(
            subprocess.run(  # noqa: S603  # programs that this package names itself
                asked, env=dict(inputs.environment), capture_output=True, text=True, check=True
            ).stdout.splitlines()
        )
        for asked in (ours, theirs)
    ]
    return [] if told[0] == told[1] else ["the hashes of what was unpacked differ"]


BENCHMARK = Benchmark("archives", "Logs in archives", _run)
