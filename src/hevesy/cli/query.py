"""`hevesy query CASE SQL`: ask a case with SQL; a query can change nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli.command import DONE

if TYPE_CHECKING:
    import argparse

__all__ = ["add_to", "run"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", type=Path, metavar="CASE", help="case folder")
    parser.add_argument("sql", metavar="SQL", help="of the views findings, timeline, ledger")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from hevesy import case

    result = case.query(arguments.case, arguments.sql)
    if arguments.json:
        for row in result.rows:
            pairs = dict(zip(result.columns, row, strict=True))
            sys.stdout.write(json.dumps(pairs, default=str) + "\n")
        return DONE
    from hevesy.reports import write_rows

    write_rows(result.columns, result.rows, file=sys.stdout)
    return DONE
