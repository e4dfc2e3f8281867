"""What hevesy costs before it does anything, and a run on a log of one line."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.benchmark import Benchmark, Result, Timing
from benchmarks.measuring import command, hevesy, in_turns, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.benchmark import Settings
    from benchmarks.inputs import Inputs

__all__ = ["BENCHMARK"]

_ONE_LINE = """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2021-03-03 00:00:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status
2021-03-03 00:00:01 10.20.0.11 GET /owa/ - 443 192.0.2.7 302
"""
_MORE = 5
"""These runs are short: so many times more of them than asked for."""


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    environment = inputs.environment

    def version() -> Timing:
        return command("hevesy --version", hevesy("--version"), environment)

    def nothing() -> Timing:
        return command("python -c pass", [sys.executable, "-c", "pass"], environment)

    version()  # writes what Python compiles
    ours, bare = in_turns([version, nothing], settings.repeats * _MORE)
    yield Result(
        "startup",
        {"what": "hevesy --version"},
        (ours, bare),
        (ratio(ours, bare),),
        None,
        (f"the aim is 0.15 s of processor time; it took {ours.cpu:.3f}",),
    )
    yield _one_line(settings, inputs)


def _one_line(settings: Settings, inputs: Inputs) -> Result:
    log, case = inputs.scratch / "u_ex210303.log", inputs.scratch / "case-line"
    log.write_text(_ONE_LINE, encoding="utf-8")
    rules = inputs.sigmahq("all", lambda _: True)
    more = ["--rules", str(rules)] if rules else []
    arguments = hevesy("assess", str(log), "-o", str(case), "--force", "-q", *more)

    def run() -> Timing:
        return command("assess a log of one line", arguments, inputs.environment)

    first = run()
    (again,) = in_turns([run], settings.repeats)
    shutil.rmtree(case, ignore_errors=True)
    which = "with all SigmaHQ rules" if rules else "with hevesy's own rules"
    cold = Timing("the first time, rules not cached", first.seconds, first.cpu, first.memory)
    note = f"the aim is 1.5 s; it took {again.seconds:.2f}"
    return Result("startup", {"what": f"one line, {which}"}, (again, cold), (), None, (note,))


BENCHMARK = Benchmark("startup", "Starting up", _run)
