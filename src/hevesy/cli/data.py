"""`hevesy data check|import`: how old the data tables are, and newer ones for this user."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE

if TYPE_CHECKING:
    import argparse

__all__ = ["add_to", "run"]


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
    from hevesy.knowledge import import_builds, import_kev, load_exchange, user_folder

    own = user_folder()
    is_json = arguments.file.suffix.lower() == ".json"
    count = import_kev(arguments.file, own) if is_json else import_builds(arguments.file, own)
    load_exchange(own=own)
    what = "KEV entries of Exchange" if is_json else "builds"
    print(f"{count} {what} were taken into {own}", file=sys.stderr)
    return DONE
