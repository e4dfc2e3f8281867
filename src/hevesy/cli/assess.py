"""`hevesy assess EVIDENCE... -o CASE`: the main job."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE, FOUND, PARTIAL
from hevesy.cli.rule_options import add_choice, choice_of
from hevesy.model import Level

if TYPE_CHECKING:
    import argparse

    from hevesy.model import Assessment
    from hevesy.runner.assess import Run
    from hevesy.runner.options import Options

__all__ = ["add_to", "exit_code", "run", "show"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "evidence",
        nargs="*",
        metavar="EVIDENCE",
        help="folder, zip, tar, gz or single log; - reads one log from stdin",
    )
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="CASE", help="case folder"
    )
    parser.add_argument("--force", action="store_true", help="write an existing case anew")
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        type=values.named_path,
        metavar="NAME=PATH",
        help="this evidence is of the server NAME",
    )
    content = parser.add_argument_group("what evidence is compared with, beside hevesy's own rules")
    for option, what in (
        ("rules", "Sigma rules: file, folder or zip"),
        ("yara", "YARA rules: file or folder"),
        ("indicators", "indicators: CSV, STIX or MISP"),
    ):
        content.add_argument(
            f"--{option}",
            action="append",
            default=[],
            type=values.existing,
            metavar="PATH",
            help=what,
        )
    add_choice(content)
    _add_time(parser)
    _add_output(parser)
    _add_run(parser)
    values.add_common(parser)


def _add_time(parser: argparse.ArgumentParser) -> None:
    scope = parser.add_argument_group("time")
    scope.add_argument("--since", type=values.moment, metavar="TIME", help="detect from here on")
    scope.add_argument("--until", type=values.moment, metavar="TIME", help="detect up to here")
    scope.add_argument(
        "--clock",
        action="append",
        default=[],
        type=values.clock,
        metavar="HOST=+5h",
        help="add this to the times of a server; HOST:windows=+5h for its Windows events only",
    )
    scope.add_argument("--as-of", type=values.day, metavar="DATE", help="date the case speaks of")


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print assessment.json to stdout")
    output.add_argument(
        "--tlp", type=values.tlp, default="AMBER", help="TLP 2.0 mark of the report"
    )
    output.add_argument(
        "--fail-on",
        type=Level,
        choices=list(Level),
        metavar="LEVEL",
        help=f"exit 1 where a finding has this level or a higher one: {', '.join(Level)}",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    run_group = parser.add_argument_group("the run")
    run_group.add_argument(
        "--jobs", type=values.positive, default=os.cpu_count() or 1, help="worker processes"
    )
    run_group.add_argument(
        "--memory-limit",
        type=values.positive,
        default=2048,
        metavar="MIB",
        help="memory that a worker may take before its source is quarantined",
    )
    run_group.add_argument(
        "--source-seconds",
        type=values.positive,
        default=120,
        metavar="N",
        help="time that a source may take, beside a second for each MiB",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from hevesy.errors import UsageError
    from hevesy.runner.workers import open_workshop

    if not (arguments.evidence or arguments.server):
        raise UsageError("no evidence was named: hevesy assess EVIDENCE... -o CASE")
    options = _options(arguments)
    with open_workshop(options) as workshop:
        # What follows takes half a second to load; meanwhile the workers load what they need.
        from rich.console import Console

        from hevesy.knowledge import user_folder
        from hevesy.runner.assess import assess

        options = replace(options, choice=choice_of(arguments), tables=user_folder())
        done = assess(options, None if arguments.quiet else Console(stderr=True), workshop)
    show(done, json=arguments.json, quiet=arguments.quiet)
    return exit_code(done.assessment, arguments.fail_on)


def show(done: Run, *, json: bool, quiet: bool) -> None:
    """Print the last screen, or the assessment as JSON."""
    from hevesy import reports

    if json:
        sys.stdout.buffer.write((done.case / "assessment.json").read_bytes())
        sys.stdout.buffer.write(b"\n")
    elif not quiet:
        reports.write_text(
            done.assessment,
            done.tables,
            file=sys.stdout,
            numbers=done.numbers,
            report=done.case / "report.html",
        )


def exit_code(assessment: Assessment, fail_on: Level | None) -> int:
    """The exit code that an assessment asks for."""
    if fail_on and any(f.rule.level.rank >= fail_on.rank for f in assessment.findings):
        return FOUND
    return PARTIAL if any(loss.grave for loss in assessment.losses) else DONE


def _options(arguments: argparse.Namespace) -> Options:
    """What can be said before anything heavy is loaded."""
    from hevesy.runner.options import Options

    return Options(
        evidence=tuple(arguments.evidence),
        case=arguments.output,
        rules=tuple(arguments.rules),
        yara=tuple(arguments.yara),
        indicators=tuple(arguments.indicators),
        servers=dict(arguments.server),
        clocks=tuple(arguments.clock),
        since=arguments.since,
        until=arguments.until,
        as_of=arguments.as_of,
        tlp=arguments.tlp,
        jobs=arguments.jobs,
        replace=arguments.force,
        memory_limit=arguments.memory_limit << 20,
        seconds_per_source=float(arguments.source_seconds),
    )
