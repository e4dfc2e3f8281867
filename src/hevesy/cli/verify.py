"""`hevesy verify CASE`: hash a case, and its inputs where they still lie, again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli.command import DONE, FOUND

if TYPE_CHECKING:
    import argparse

__all__ = ["add_to", "run"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", type=Path, metavar="CASE", help="case folder")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; exit code 1 where something differs."""
    from hevesy import case
    from hevesy.reports import visible

    differences = case.verify(arguments.case)
    for one in differences:
        print(f"{one.place}\t{visible(one.name)}\t{one.problem}")
    if not differences:
        print("every file of the case, and every input that still lies where it lay, is unchanged")
    return FOUND if differences else DONE
