"""`hevesy data check|import`: how old the data tables are, and newer ones for this user."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE
from hevesy.errors import ContentError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add_to", "run"]

_OWN = ("builds.csv", "kev.csv")
"""Tables that a user may have."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="check|import", required=True)
    check = actions.add_parser("check", help="say how old each table is")
    check.add_argument("--as-of", type=values.day, metavar="DATE", help="default: today")
    taking = actions.add_parser(
        "import", help="take a newer KEV catalogue (JSON, as CISA publishes it) or builds (CSV)"
    )
    taking.add_argument("file", type=values.existing, metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    return _check(arguments) if arguments.action == "check" else _import(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from hevesy.knowledge import load_exchange, table_ages, user_folder
    from hevesy.reports import write_rows

    today = arguments.as_of or datetime.now(UTC).date()
    own = user_folder()
    load_exchange(own=own)
    rows = [
        (age.as_of.isoformat(), age.days, "old" if age.stale else "", age.file, age.title)
        for age in table_ages(today, own=own)
    ]
    write_rows(("as of", "days", "", "table", "what it holds"), rows, file=sys.stdout)
    return DONE


def _import(arguments: argparse.Namespace) -> int:
    from hevesy.knowledge import import_builds, import_kev, user_folder

    own = user_folder()
    is_json = arguments.file.suffix.lower() == ".json"
    take = import_kev if is_json else import_builds
    _try(arguments.file, own, take)
    count = take(arguments.file, own)
    one, many = ("KEV entry", "KEV entries") if is_json else ("build", "builds")
    what = f"1 {one} was" if count == 1 else f"{count} {many} were"
    print(f"{what} taken into {own}", file=sys.stderr)
    return DONE


def _try(file: Path, own: Path, take: Callable[[Path, Path], int]) -> None:
    """Take a table beside the user's own ones: one that does not fit would stop every run after.

    Raises:
        ContentError: The file has a mistake.
        UsageError: It does not fit the tables that are there, or is older than the user's own.
    """
    from hevesy.knowledge import load_exchange

    with tempfile.TemporaryDirectory(prefix="hevesy-") as folder:
        trial = Path(folder)
        for name in _OWN:
            if (own / name).is_file():
                shutil.copyfile(own / name, trial / name)
        take(file, trial)
        try:
            load_exchange(own=trial)
        except ContentError as error:
            raise UsageError(
                f"{file} was not taken, since it does not fit what is known: {error}"
            ) from error
        new = _dates(trial)
    try:
        there = _dates(own)
    except ContentError:  # what cannot be read is the one that this file replaces
        return
    for name, known in there.items():
        if new[name] < known:
            raise UsageError(
                f"{file} was not taken: it is of {new[name]}, and {own / name} is of {known}"
            )


def _dates(own: Path) -> dict[str, date]:
    """The user's tables and what they are as of."""
    from hevesy.knowledge import table_ages

    ages = table_ages(datetime.now(UTC).date(), own=own)
    return {Path(age.file).name: age.as_of for age in ages if age.imported}
