"""Loads Sigma rules, the house's and others', and says what each claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.detection.choice import RuleChoice
from hevesy.detection.stages import Claim, claim_of, level_of
from hevesy.detection.taxonomy import taxonomy
from hevesy.errors import ContentError
from hevesy.model import RuleReference, RuleUse
from hevesy.sigma import Rule, Ruleset, SigmaLoadError, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["SigmaRules", "load_rules"]

_ALL = RuleChoice()


@dataclass(frozen=True, slots=True)
class SigmaRules:
    """A rule set, and what each of its rules claims."""

    ruleset: Ruleset
    claims: tuple[Claim, ...]
    """In the order of `ruleset.rules`."""
    use: RuleUse


def load_rules(
    source: str,
    paths: Sequence[Path],
    *,
    own: bool = False,
    cache: Path | None = None,
    choice: RuleChoice = _ALL,
) -> SigmaRules:
    """Load the rules below some paths.

    Args:
        source: How the collection is called in reports: `hevesy/proxylogon`, or the user's path.
        paths: Files, folders or zips.
        own: Whether they are hevesy's, whose claims a verdict may rest on.
        cache: Folder for compiled rule sets.
        choice: Which of them are asked, and what they are given.

    Raises:
        ContentError: A path is missing, a pipeline is wrong, or a rule of hevesy claims what hevesy
            does not know.
    """
    try:
        loaded = load(
            paths,
            taxonomy(),
            pipelines=choice.pipelines,
            placeholders=choice.placeholders or None,
            cache=cache,
        )
    except SigmaLoadError as error:
        raise ContentError(str(error), source) from error
    ruleset = choice.of(loaded)
    claims = tuple(_claim(rule, source, own=own) for rule in ruleset.rules)
    refused = tuple(
        (f"{one.file}:{one.line}" if one.line else one.file, f"{one.kind}: {one.reason}")
        for one in ruleset.refused
    )
    authors = tuple(sorted({rule.author for rule in ruleset.rules if rule.author}))
    left_out = len(loaded.rules) - len(ruleset.rules)
    use = RuleUse(source, len(ruleset.rules), refused, authors, left_out)
    return SigmaRules(ruleset, claims, use)


def _claim(rule: Rule, source: str, *, own: bool) -> Claim:
    reference = RuleReference(
        id=rule.id or f"sigma:{rule.title}",
        title=rule.title,
        author=rule.author,
        source=source,
        licence=rule.licence,
        level=level_of(rule.level),
        techniques=rule.techniques,
        vulnerability=rule.cves[0].upper() if rule.cves else "",
        description=rule.description,
        false_positives=rule.falsepositives,
        references=rule.references,
        remedy=str(rule.custom.get("remedy", "")),
    )
    return claim_of(reference, rule.tactics, rule.custom, (rule.file, rule.line), own=own)
