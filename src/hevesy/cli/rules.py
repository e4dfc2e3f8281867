"""`hevesy rules list|check|coverage`: which rules there are, can be used, could have fired."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.cli.command import DONE, USAGE
from hevesy.cli.rule_options import add_choice, choice_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hevesy.assessment import RuleCoverage
    from hevesy.detection import SigmaRules

__all__ = ["add_to", "run"]


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="list|check|coverage", required=True)
    listing = actions.add_parser("list", help="the rules of hevesy, and of --rules")
    listing.add_argument(
        "--rules", action="append", default=[], type=values.existing, metavar="PATH"
    )
    listing.add_argument("--json", action="store_true", help="a JSON object a line")
    check = actions.add_parser("check", help="say which rules of a file, folder or zip can be used")
    add_choice(listing)
    add_choice(check)
    check.add_argument("paths", nargs="+", type=values.existing, metavar="PATH")

    coverage = actions.add_parser(
        "coverage", help="say which rules could never have fired on the evidence of a case, and why"
    )
    coverage.add_argument("case", type=Path, metavar="CASE", help="case folder")
    coverage.add_argument(
        "--rules", action="append", default=[], type=values.existing, metavar="PATH"
    )
    coverage.add_argument("--all", action="store_true", help="those too that could have fired")
    coverage.add_argument("--each", action="store_true", help="a line a rule")
    coverage.add_argument("--json", action="store_true", help="a JSON object a rule, all of them")
    add_choice(coverage)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; `check` exits with 2 where a rule cannot be used."""
    actions = {"check": _check, "list": _list, "coverage": _coverage}
    return actions[arguments.action](arguments)


def _check(arguments: argparse.Namespace) -> int:
    from hevesy.detection import first_of_each_id, load_rules, rules_without_needle

    code = DONE
    choice = choice_of(arguments)
    found = (load_rules(str(path), [path], choice=choice) for path in arguments.paths)
    for path, rules in zip(arguments.paths, first_of_each_id(found), strict=True):
        use = rules.use
        for place, reason in use.refused:
            print(f"{place}: {reason}")
            code = USAGE
        for rule in rules.ruleset.rules:
            for warning in rule.warnings:
                print(f"{rule.file}:{rule.line}: can be used, but: {warning}")
        for table, rule in rules_without_needle([rules]):
            print(
                f"{rule.file}:{rule.line}: can be used, but names no text that a row must hold: "
                f"with it every row of {table} logs is parsed, which takes several times as long"
            )
        left_out = f", {use.left_out} were not asked for" if use.left_out else ""
        print(f"{path}: {use.usable} rules can be used, {len(use.refused)} cannot{left_out}")
    return code


def _list(arguments: argparse.Namespace) -> int:
    import json

    from hevesy.reports import write_rows

    found = _loaded(arguments)
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


def _loaded(arguments: argparse.Namespace) -> list[SigmaRules]:
    """The rules of hevesy, then those of `--rules`."""
    from hevesy.detection import first_of_each_id, load_rules
    from hevesy.knowledge import load
    from hevesy.runner.content import own_rules

    choice = choice_of(arguments)
    given = [load_rules(str(path), [path], choice=choice) for path in arguments.rules]
    return first_of_each_id([*own_rules(load()), *given])


def _coverage(arguments: argparse.Namespace) -> int:
    import dataclasses
    import json

    from hevesy import case
    from hevesy.assessment import rule_coverage
    from hevesy.assessment.rule_coverage import COVERED
    from hevesy.reports import write_rows

    ledger = case.read(arguments.case).tables.ledger
    found = rule_coverage(_loaded(arguments), ledger)
    if arguments.json:
        for one in found:
            sys.stdout.write(json.dumps(dataclasses.asdict(one)) + "\n")
        return DONE
    shown = [one for one in found if arguments.all or one.state != COVERED]
    columns, rows = (_each if arguments.each else _by_reason)(shown)
    write_rows(columns, rows, file=sys.stdout)
    counts = Counter(one.state for one in found)
    print(", ".join(f"{state}: {count}" for state, count in sorted(counts.items())))
    return DONE


_Rows = tuple[tuple[str, ...], list[tuple[object, ...]]]


def _each(found: Sequence[RuleCoverage]) -> _Rows:
    columns = ("server", "state", "level", "title", "source", "why")
    rows: list[tuple[object, ...]] = [
        (one.server, one.state, one.level, one.title, one.source, one.why) for one in found
    ]
    return columns, rows


def _by_reason(found: Sequence[RuleCoverage]) -> _Rows:
    """Rules that share a reason as one line: the reason is what can be put right."""
    counts = Counter((one.server, one.state, one.why) for one in found)
    grave = Counter(
        (one.server, one.state, one.why) for one in found if one.level in ("high", "critical")
    )
    ordered = sorted(counts, key=lambda key: (key[0], key[1], -counts[key], key[2]))
    rows: list[tuple[object, ...]] = [
        (server, state, counts[server, state, why], grave[server, state, why], why)
        for server, state, why in ordered
    ]
    return ("server", "state", "rules", "high", "why"), rows
