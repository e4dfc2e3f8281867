"""`hevesy demo`: invent three servers, assess them, compare what was found with the truth."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE, USAGE
from hevesy.cli.simulate import bytes_of

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

__all__ = ["add_to", "run"]

_SIZE = 300 * 10**6
_SHOWN = 20


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("demo-case"), metavar="CASE", help="case folder"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=bytes_of, default=_SIZE, help="of the text logs: 300MB")
    parser.add_argument("--jobs", type=values.positive, default=os.cpu_count() or 1)
    parser.add_argument("--keep", action="store_true", help="keep the invented collection")
    values.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; exit code 2 where found and planted differ."""
    from hevesy import case, simulator
    from hevesy.cli.assess import show
    from hevesy.runner.assess import assess
    from hevesy.runner.comparison import differences
    from hevesy.runner.options import Options

    collection = arguments.output.parent / f"{arguments.output.name}-evidence"
    shutil.rmtree(collection, ignore_errors=True)
    begun = time.perf_counter()
    scenario = simulator.load_scenario("proxylogon")
    truth = simulator.simulate(
        scenario, collection / "collection", seed=arguments.seed, size=arguments.size
    )
    seconds = time.perf_counter() - begun
    _say(
        arguments,
        f"Invented {len(truth.servers)} servers with {truth.rows:,} rows of logs "
        f"({truth.size / 10**6:,.0f} MB) in {seconds:.0f} s. Now assessed as an analyst would:",
    )
    options = Options(
        evidence=(str(collection / "collection"),),
        case=arguments.output,
        jobs=arguments.jobs,
        replace=True,
    )
    done = assess(options, _console(arguments))
    show(done, json=False, quiet=arguments.quiet)
    found = differences(truth, done.assessment, case.read(done.case).tables.findings)
    if not arguments.keep:
        shutil.rmtree(collection, ignore_errors=True)
    for line in found[:_SHOWN]:
        print(f"differs from the truth: {line}", file=sys.stderr)
    if found:
        print(f"hevesy: {len(found)} differences from what was planted", file=sys.stderr)
        return USAGE
    planted = sum(len(server.steps) for server in truth.servers)
    _say(
        arguments,
        f"Compared with the truth: all {planted} planted records found, every verdict right, "
        "nothing said to have succeeded that was not planted.",
    )
    return DONE


def _say(arguments: argparse.Namespace, text: str) -> None:
    if not arguments.quiet:
        print(f"\n{text}", flush=True)


def _console(arguments: argparse.Namespace) -> Console | None:
    from rich.console import Console

    return None if arguments.quiet else Console(stderr=True)
