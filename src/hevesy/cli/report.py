"""`hevesy report CASE`: write a case's report again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE
from hevesy.errors import UsageError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_to", "run"]

FORMATS = ("text", "html", "json", "csv")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("case", type=Path, metavar="CASE", help="case folder")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: stdout")
    parser.add_argument("--tlp", type=values.tlp, default="AMBER", help="TLP 2.0 mark (html)")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import io

    from hevesy import case, reports

    found = case.read(arguments.case)
    if arguments.format == "text" and arguments.output is None:
        reports.write_text(found.assessment, found.tables, file=sys.stdout)
        return DONE
    if arguments.format == "text":
        buffer = io.StringIO()
        reports.write_text(found.assessment, found.tables, file=buffer)
        text = buffer.getvalue()
    elif arguments.format == "html":
        text = reports.write_html(
            found.assessment, found.tables, mark=reports.Mark(f"TLP:{arguments.tlp}")
        )
    elif arguments.format == "json":
        text = reports.write_json(found.assessment)
    else:
        text = reports.write_csv(found.tables.findings) or ""
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        try:
            arguments.output.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"cannot write {arguments.output}: {error.strerror}") from error
    return DONE
