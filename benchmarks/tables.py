"""Results as a table for the screen and for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.benchmark import Result
    from benchmarks.record import Machine, Record

__all__ = ["result_text", "results_markdown"]

_MB = 10**6
_HEAD = ("what", "wall s", "cpu s", "MB/s", "peak MB")
_LOUD = 1.5
"""Processes a core from which on absolute figures say nothing."""


def result_text(result: Result) -> str:
    """A result for the terminal."""
    rows = [_HEAD, *_timings(result)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    lines = [f"{result.benchmark}: {_case(result.case)}"]
    for row in rows if result.timings else ():
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells))
    lines += [f"  {line}" for line in _remarks(result)]
    return "\n".join(lines)


def results_markdown(records: Sequence[Record]) -> str:
    """All results for `docs/benchmarks.md`, with the machine in front of them."""
    if not records:
        return "Nothing was measured.\n"
    lines = [*_machine(records[-1].machine), ""]
    loads = [record.machine.load for record in records]
    cores = records[-1].machine.cores
    busy = max(loads) > cores * _LOUD
    said = ": other work ran at the same time, so only ratios mean something" if busy else ""
    lines += [
        (
            f"Measured {records[0].time:%Y-%m-%d}; load average {min(loads)} to {max(loads)} "
            f"on {cores} cores{said}."
        ),
        "",
    ]
    for record in records:
        lines += _markdown(record.result)
    return "\n".join(lines) + "\n"


def _markdown(result: Result) -> list[str]:
    lines = [f"### {result.benchmark}: {_case(result.case)}", ""]
    if result.timings:
        lines += [f"| {' | '.join(_HEAD)} |", "| --- | ---: | ---: | ---: | ---: |"]
        lines += [f"| {' | '.join(row)} |" for row in _timings(result)]
        lines.append("")
    lines += [f"- {line}" for line in _remarks(result)]
    return [*lines, ""]


def _machine(where: Machine) -> list[str]:
    versions = ", ".join(f"{name} {text.split()[-1]}" for name, text in where.versions.items())
    memory = f"{where.memory / 2**30:.0f} GiB"
    python = f"Python {where.python}, {versions}"
    return [f"{where.processor}, {where.cores} cores, {memory}, {where.system}; {python}."]


def _timings(result: Result) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            one.what,
            f"{one.seconds:.2f}",
            f"{one.cpu:.2f}",
            f"{one.bytes / max(one.seconds, 1e-6) / _MB:,.0f}" if one.bytes else "",
            f"{one.memory / _MB:,.0f}" if one.memory else "",
        )
        for one in result.timings
    ]


def _remarks(result: Result) -> list[str]:
    said = []
    for one in result.ratios:
        line = (
            f"{one.what} = {_number(one.wall)} by the clock, {_number(one.cpu)} in processor time"
        )
        if one.aim is not None:
            kept = "reached" if one.wall <= one.aim else "not reached"
            line += f" (aim {_number(one.aim)}: {kept})"
        said.append(line)
    if result.equal is not None:
        said.append("results are equal" if result.equal else "RESULTS ARE NOT EQUAL")
    return said + list(result.notes)


def _number(value: float) -> str:
    return f"{value:.3g}" if value >= 0.1 or not value else f"1/{1 / value:.0f}"  # noqa: PLR2004  # a tenth reads well


def _case(case: Mapping[str, str | int | float]) -> str:
    return ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in case.items()
    )
