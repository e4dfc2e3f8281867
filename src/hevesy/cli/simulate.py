"""`hevesy simulate`: invent a collection whose truth is known."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from hevesy.cli.command import DONE

__all__ = ["add_to", "bytes_of", "run"]

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def bytes_of(text: str) -> int:
    """A number of bytes: `300MB`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(|KB|MB|GB)", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"a size as 300MB or 2GB, not {text!r}")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("output", type=Path, metavar="FOLDER", help="where to write")
    parser.add_argument(
        "--scenario",
        default="proxylogon",
        metavar="NAME|FILE",
        help="a shipped name, or a TOML file",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=bytes_of, metavar="SIZE", help="of the text logs: 300MB")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from hevesy.errors import UsageError
    from hevesy.simulator import ScenarioError, load_scenario, simulate

    if arguments.output.exists() and any(arguments.output.iterdir()):
        raise UsageError(f"the folder {arguments.output} is not empty")
    try:
        scenario = load_scenario(arguments.scenario)
        truth = simulate(scenario, arguments.output, seed=arguments.seed, size=arguments.size)
    except ScenarioError as error:
        raise UsageError(str(error)) from error
    planted = sum(len(server.steps) for server in truth.servers)
    print(
        f"{arguments.output}: {len(truth.servers)} servers, {truth.rows:,} rows, "
        f"{truth.size / 10**6:,.0f} MB, {planted} attack records planted"
    )
    return DONE
