"""IIS and HttpProxy logs: the whole of `hevesy assess` against sha256sum and ripgrep."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.benchmark import Benchmark, Ratio, Result, Timing
from benchmarks.inputs import warm
from benchmarks.measuring import command, hevesy, in_turns, ratio
from hevesy.detection import load_rules
from hevesy.knowledge import load
from hevesy.records import Needle
from hevesy.records.wanted import search_for
from hevesy.runner.content import own_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.benchmark import Settings
    from benchmarks.inputs import Inputs, Logs
    from hevesy.sigma import Ruleset

__all__ = ["BENCHMARK", "lines_that_differ"]

_AIM_SHA256 = 1.8
"""Of what each further GB costs: custody demands the hash, so that is the floor."""
_AIM_RIPGREP = 0.7
"""Of the search by itself: 0.7 of ripgrep's time is less than the hash that custody demands."""
_FROM = 3_500_000_000
"""Bytes from which on it is asked for: of fewer, what a program takes to start is most."""
_AIM_FIXED = 2.0
"""Seconds that a run takes however little there is to read."""
_LITTLE = 20_000_000
"""Bytes of logs that are read in next to no time; in as many files as any others."""
_AIM_ALL = 1.0
_ALL = "hevesy assess, every row parsed"
_EVERY_ROW = """
title: no status of IIS is so high
logsource: {category: webserver}
detection: {s: {sc-status|gt: 999}, condition: s}
---
title: no status of HttpProxy is so high
logsource: {product: exchange, service: httpproxy}
detection: {s: {HttpStatus|gt: 999}, condition: s}
"""
_SEARCH = "the search alone"
_LITERALS = 300
_SHORTEST = 4
"""Characters of a literal worth searching for."""
_RG = f"rg {_LITERALS} literals"
_ONE = "proxyLogon.ecp"
_GB = 10**9
_QUOTED = re.compile(r"- '([^'*]+)'\s*$", re.MULTILINE)
"""A value in a list of a rule file."""


def _run(settings: Settings, inputs: Inputs) -> Iterator[Result]:
    web = inputs.sigmahq("web", lambda text: "category: webserver" in text or "proxy" in text)
    literals = _literals(inputs, web)
    first, *further = settings.rates
    measured: list[Result] = []
    yield _fixed(settings, inputs, first)
    for size in settings.sizes:
        measured.append(_measure(settings, inputs, (size, first), literals, None))
        yield measured[-1]
    yield from _slope(measured)
    for rate in further:
        yield _measure(settings, inputs, (settings.sizes[0], rate), literals, None)
    if web is not None:
        for rate in settings.rates:
            yield _measure(settings, inputs, (settings.sizes[0], rate), literals, web)


def _measure(
    settings: Settings,
    inputs: Inputs,
    asked: tuple[int, float],
    literals: Path,
    rules: Path | None,
) -> Result:
    logs = inputs.logs(*asked)
    warm(logs.files)
    case = inputs.scratch / "case-text"
    given = [rules] if rules else []
    own = _assess(settings, inputs, logs, case, given)
    own()  # compiles the rules, which are cached from then on
    differing = lines_that_differ(logs, case)
    if shutil.which("rg"):
        differing += _found_otherwise(settings, inputs, logs, literals)
    runs = [own, *_peers(settings, inputs, logs, literals)]
    if asked[0] == settings.sizes[0]:
        runs.append(_parsing_all(settings, inputs, logs, given))
    ours, *peers = in_turns(runs, settings.repeats)
    shutil.rmtree(case, ignore_errors=True)
    aims = {_ALL: _AIM_ALL}
    ratios = [ratio(ours, peer, aims.get(peer.what)) for peer in peers if peer.what != _SEARCH]
    by_name = {timing.what: timing for timing in peers}
    if _SEARCH in by_name:
        ratios.append(
            ratio(by_name[_SEARCH], by_name[_RG], _AIM_RIPGREP if logs.size >= _FROM else None)
        )
    result = Result(
        "text_logs",
        {"bytes": logs.size, "rate": asked[1], "rules": "own and SigmaHQ" if rules else "own"},
        (ours, *peers),
        tuple(ratios),
        not differing,
        (*_absent(), *differing),
    )
    if asked[0] != settings.sizes[0]:
        inputs.forget(logs)
    return result


def _assess(
    settings: Settings, inputs: Inputs, logs: Logs, case: Path, rules: Sequence[Path]
) -> Callable[[], Timing]:
    more = [part for path in rules for part in ("--rules", str(path))]
    arguments = hevesy("assess", str(logs.folder), "-o", str(case), "--force", "-q", *more)
    arguments += ["--jobs", str(settings.jobs)]
    return lambda: command("hevesy assess", arguments, inputs.environment, read=logs.size)


def _parsing_all(
    settings: Settings, inputs: Inputs, logs: Logs, rules: Sequence[Path]
) -> Callable[[], Timing]:
    """The same with rules that name no text and match nothing: no row can be passed over."""
    path = inputs.scratch / "every-row.yml"
    path.write_text(_EVERY_ROW, encoding="utf-8")
    own = _assess(settings, inputs, logs, inputs.scratch / "case-all", [*rules, path])
    return lambda: replace(own(), what=_ALL)


def _peers(
    settings: Settings, inputs: Inputs, logs: Logs, literals: Path
) -> list[Callable[[], Timing]]:
    names = [str(file) for file in logs.files]
    jobs, size = settings.jobs, logs.size
    listed = inputs.scratch / "files"
    listed.write_bytes(b"\0".join(name.encode() for name in names))
    each = max(1, min(32, len(names) // (jobs * 4)))
    hashing = ["xargs", "-0", "-a", str(listed), "-P", str(jobs), "-n", str(each), "sha256sum"]
    found: dict[str, Sequence[str]] = {"sha256sum": hashing}
    if shutil.which("rg"):
        search = ["rg", "-c", "-F", f"-j{jobs}"]
        found["rg 1 literal"] = [*search, _ONE, str(logs.folder)]
        found[_RG] = [*search, "-i", "-f", str(literals), str(logs.folder)]
        found[_SEARCH] = _searching(settings, logs, literals)
    environment = inputs.environment

    def runner(what: str, arguments: Sequence[str]) -> Callable[[], Timing]:
        # ripgrep says 1 where nothing is found
        return lambda: command(what, arguments, environment, read=size, accept=(0, 1))

    return [runner(what, arguments) for what, arguments in found.items()]


def _searching(settings: Settings, logs: Logs, literals: Path) -> list[str]:
    """What passes rows over, by itself, looking for the same literals as ripgrep."""
    files = map(str, logs.files)
    return [sys.executable, "-m", "benchmarks.search", str(settings.jobs), str(literals), *files]


def _found_otherwise(settings: Settings, inputs: Inputs, logs: Logs, literals: Path) -> list[str]:
    """Files in which the search and ripgrep do not count as many lines, as sentences."""
    asked = (
        _searching(settings, logs, literals),
        ["rg", "-c", "-F", "-i", "-f", str(literals), *map(str, logs.files)],
    )
    ours, theirs = (
        set(
            subprocess.run(  # noqa: S603  # programs that this package names itself
                command, env=dict(inputs.environment), capture_output=True, text=True, check=False
            ).stdout.splitlines()
        )
        for command in asked
    )
    differing = len({line.rpartition(":")[0] for line in ours ^ theirs})
    return [f"{differing} files where ripgrep counts other lines"] if differing else []


def _fixed(settings: Settings, inputs: Inputs, rate: float) -> Result:
    """What a run takes where there is next to nothing in as many files."""
    logs = inputs.logs(_LITTLE, rate)
    warm(logs.files)
    case = inputs.scratch / "case-text"
    own = _assess(settings, inputs, logs, case, [])
    own()
    (ours,) = in_turns([own], settings.repeats)
    shutil.rmtree(case, ignore_errors=True)
    kept = "reached" if ours.seconds <= _AIM_FIXED else "not reached"
    note = f"fixed part: {ours.seconds:.2f} s (aim {_AIM_FIXED:g} s: {kept})"
    return Result(
        "text_logs", {"files": len(logs.files), "bytes": logs.size}, (ours,), notes=(note,)
    )


def _absent() -> tuple[str, ...]:
    return () if shutil.which("rg") else ("ripgrep is not installed: left out",)


def _literals(inputs: Inputs, web: Path | None) -> Path:
    """A file of literals that no ordinary line holds, as attack lines are what is looked for.

    What our rules need, filled up with values of SigmaHQ's web rules.
    """
    found: dict[str, None] = {}
    for rules in own_rules(load()):
        for table in ("iis", "httpproxy"):
            found |= dict.fromkeys(_texts(rules.ruleset, table))
    if web is not None:
        others = _texts(load_rules("SigmaHQ", [web]).ruleset, "iis")
        texts = inputs.rule_texts(web)
        quoted = [value for text in texts for value in _QUOTED.findall(text)]
        found |= dict.fromkeys([*others, *quoted])
    path = inputs.scratch / "literals"
    usable = [one for one in found if len(one) >= _SHORTEST and one.isprintable()]
    kept = _unusual(inputs, usable)[:_LITERALS]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def _unusual(inputs: Inputs, texts: Sequence[str]) -> list[str]:
    """Those of some literals that logs without an attack do not hold."""
    search = search_for(tuple(map(Needle, texts)))
    if search is None:
        return list(texts)
    held: set[int] = set()
    for file in inputs.logs(_LITTLE, 0).files:
        held.update(search(file.read_bytes())[0])
    return [text for number, text in enumerate(texts) if number not in held]


def _texts(ruleset: Ruleset, table: str) -> list[str]:
    """The literals that rules need."""
    return [each.text for each in ruleset.needles(table) or () if not each.expression]


def lines_that_differ(logs: Logs, case: Path) -> list[str]:
    """What a case says of the planted lines that is not true, as sentences; empty where all agree.

    Every planted line is quoted by a finding of hevesy's own rules, and no other line is said to
    have succeeded.
    """
    where = ["source", "line"]
    planted = pl.DataFrame(
        [(s.source, s.line) for server in logs.truth.servers for s in server.steps],
        schema={"source": pl.String(), "line": pl.Int64()},
        orient="row",
    ).unique()
    tail = pl.col("source").str.extract(r"(C/.*?)(?:\.gz!.*)?$")
    found = pl.read_parquet(case / "findings.parquet").filter(
        pl.col("rule_source").str.contains("^hevesy/")
    )
    found = found.with_columns(source=pl.coalesce(tail, "source"))
    missed = planted.join(found, on=where, how="anti").height
    claimed = found.filter(outcome="success").select(where).unique()
    invented = claimed.join(planted, on=where, how="anti").height
    said = []
    if missed:
        said.append(f"{missed:,} of {planted.height:,} planted lines were not found")
    if invented:
        said.append(f"{invented:,} lines are said to have succeeded where nothing was planted")
    return said


def _slope(measured: Sequence[Result]) -> Iterator[Result]:
    """What each further GB costs between the two largest sizes, and the fixed part that is left."""
    if len(measured) < 2:  # noqa: PLR2004  # a slope needs two points
        return
    sizes = [int(result.case["bytes"]) for result in measured[-2:]]
    grown = (sizes[1] - sizes[0]) / _GB
    small, large = (_by_name(result) for result in measured[-2:])
    per_gb = {
        what: replace(
            large[what],
            what=f"{what}, each GB",
            seconds=(large[what].seconds - small[what].seconds) / grown,
            cpu=(large[what].cpu - small[what].cpu) / grown,
            memory=0,
            bytes=_GB,
        )
        for what in large
        if what in small
    }
    ours = per_gb["hevesy assess"]
    fixed = small["hevesy assess"].seconds - ours.seconds * sizes[0] / _GB
    if ours.seconds <= 0 or per_gb["sha256sum"].seconds <= 0:
        noise = "the larger input was read faster: the machine was too busy for a slope"
        yield Result("text_logs", {"from": sizes[0], "to": sizes[1]}, (), notes=(noise,))
        return
    ratios: list[Ratio] = [
        ratio(ours, per_gb["sha256sum"], _AIM_SHA256),
    ]
    case: Mapping[str, str | int] = {"from": sizes[0], "to": sizes[1]}
    note = f"fixed part: {fixed:.1f} s"
    yield Result("text_logs", case, tuple(per_gb.values()), tuple(ratios), None, (note,))


def _by_name(result: Result) -> dict[str, Timing]:
    return {timing.what: timing for timing in result.timings}


BENCHMARK = Benchmark("text_logs", "IIS and HttpProxy logs", _run)
