"""Options that say which rules a user hands in, and which of them are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.cli import option_values as values
from hevesy.model import Level

if TYPE_CHECKING:
    import argparse

    from hevesy.detection import RuleChoice

__all__ = ["add_choice", "choice_of"]

_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")


def add_choice(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the options; none of them touches hevesy's own rules."""
    parser.add_argument(
        "--min-level",
        type=Level,
        choices=list(Level),
        metavar="LEVEL",
        help=f"of --rules, those of this level or a higher one: {', '.join(Level)}",
    )
    parser.add_argument(
        "--status",
        action="append",
        default=[],
        choices=_STATUSES,
        metavar="STATUS",
        help=f"of --rules, those of this status: {', '.join(_STATUSES)}",
    )
    for option, what in (("include", "those with such a tag"), ("exclude", "none with such a tag")):
        parser.add_argument(
            f"--{option}-tag",
            action="append",
            default=[],
            metavar="TAG",
            help=f"of --rules, {what}: attack.t1505.003, cve.2021-26855, attack.t1003*",
        )
    parser.add_argument(
        "--pipeline",
        action="append",
        default=[],
        type=values.existing,
        metavar="FILE",
        help="pySigma pipeline (YAML) that --rules go through",
    )
    parser.add_argument(
        "--placeholders",
        action="append",
        default=[],
        type=values.existing,
        metavar="FILE",
        help="values for expand placeholders (YAML or TOML: name to list of values)",
    )


def choice_of(arguments: argparse.Namespace) -> RuleChoice:
    """What the options say.

    Raises:
        ContentError: A file of placeholders is wrong.
    """
    from hevesy.detection import RuleChoice, read_placeholders

    placeholders: dict[str, tuple[str, ...]] = {}
    for path in arguments.placeholders:
        placeholders |= read_placeholders(path)
    return RuleChoice(
        min_level=arguments.min_level,
        statuses=tuple(arguments.status),
        include_tags=tuple(arguments.include_tag),
        exclude_tags=tuple(arguments.exclude_tag),
        pipelines=tuple(arguments.pipeline),
        placeholders=placeholders,
    )
