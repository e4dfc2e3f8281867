"""`hevesy rules list|check`: which rules there are, and whether a file can be used."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE, USAGE
from hevesy.cli.rule_options import add_choice, choice_of

if TYPE_CHECKING:
    import argparse

__all__ = ["add_to", "run"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="list|check", required=True)
    listing = actions.add_parser("list", help="the rules of hevesy, and of --rules")
    listing.add_argument(
        "--rules", action="append", default=[], type=values.existing, metavar="PATH"
    )
    listing.add_argument("--json", action="store_true", help="a JSON object a line")
    check = actions.add_parser("check", help="say which rules of a file, folder or zip can be used")
    add_choice(listing)
    add_choice(check)
    check.add_argument("paths", nargs="+", type=values.existing, metavar="PATH")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; `check` exits with 2 where a rule cannot be used."""
    return _check(arguments) if arguments.action == "check" else _list(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from hevesy.detection import load_rules

    code = DONE
    choice = choice_of(arguments)
    for path in arguments.paths:
        use = load_rules(str(path), [path], choice=choice).use
        for place, reason in use.refused:
            print(f"{place}: {reason}")
            code = USAGE
        left_out = f", {use.left_out} were not asked for" if use.left_out else ""
        print(f"{path}: {use.usable} rules can be used, {len(use.refused)} cannot{left_out}")
    return code


def _list(arguments: argparse.Namespace) -> int:
    import json

    from hevesy.detection import load_rules
    from hevesy.knowledge import load
    from hevesy.reports import write_rows
    from hevesy.runner import own_rules

    choice = choice_of(arguments)
    given = [load_rules(str(path), [path], choice=choice) for path in arguments.rules]
    found = [*own_rules(load()), *given]
    columns = ("level", "stage", "outcome", "vulnerability", "id", "title", "author", "source")
    rows = [
        (
            claim.rule.level.value,
            claim.stage.value,
            claim.outcome.value,
            claim.rule.vulnerability,
            claim.rule.id,
            claim.rule.title,
            claim.rule.author,
            claim.rule.source,
        )
        for rules in found
        for claim in rules.claims
    ]
    if arguments.json:
        for row in rows:
            sys.stdout.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
    else:
        write_rows(columns, rows, file=sys.stdout)
    return DONE
