"""Loads Sigma rules, the house's and others', and says what each claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, overload

from hevesy.detection.choice import RuleChoice
from hevesy.detection.stages import Claim, claim_of, level_of
from hevesy.detection.taxonomy import taxonomy
from hevesy.errors import ContentError
from hevesy.model import RuleReference, RuleUse
from hevesy.sigma import Rule, Ruleset, SigmaLoadError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Claims", "SigmaRules", "first_of_each_id", "load_rules"]

_ALL = RuleChoice()


@dataclass(frozen=True)
class SigmaRules:
    """A rule set, and what each of its rules claims."""

    ruleset: Ruleset
    use: RuleUse
    own: bool = False
    """Whether they are hevesy's, whose claims a verdict may rest on."""
    repeated: frozenset[int] = frozenset()
    """Rules that another collection asks too: here only correlations hear of them."""

    @cached_property
    def claims(self) -> Claims:
        """In the order of `ruleset.rules`; each is made when it is looked at."""
        return Claims(self.ruleset.rules, self.use.source, own=self.own)

    def __getstate__(self) -> dict[str, object]:
        """Claims are made again from the rules: a worker needs few of them."""
        return {name: getattr(self, name) for name in ("ruleset", "use", "own", "repeated")}

    @property
    def silent_rules(self) -> frozenset[int]:
        """Rules that are not shown for themselves."""
        return self.ruleset.silent_rules | self.repeated


class Claims(Sequence[Claim]):
    """What each of some rules claims."""

    def __init__(self, rules: Sequence[Rule], source: str, *, own: bool) -> None:
        """Take the rules; nothing is made yet."""
        self._rules = rules
        self._source = source
        self._own = own
        self._made: dict[int, Claim] = {}

    def __len__(self) -> int:
        """As many as there are rules."""
        return len(self._rules)

    @overload
    def __getitem__(self, index: int) -> Claim: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Claim]: ...
    def __getitem__(self, index: int | slice) -> Claim | Sequence[Claim]:
        """The claim of a rule.

        Raises:
            ContentError: It claims what hevesy does not know; `load_rules` has raised it before.
        """
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        if index not in self._made:
            self._made[index] = _claim(self._rules[index], self._source, own=self._own)
        return self._made[index]


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
    refused = tuple(
        (f"{one.file}:{one.line}" if one.line else one.file, f"{one.kind}: {one.reason}")
        for one in ruleset.refused
    )
    authors = tuple(sorted({rule.author for rule in ruleset.rules if rule.author}))
    left_out = len(loaded.rules) - len(ruleset.rules)
    use = RuleUse(source, len(ruleset.rules), refused, authors, left_out)
    found = SigmaRules(ruleset, use, own)
    for index, rule in enumerate(ruleset.rules):
        if rule.custom:  # only there may it claim what hevesy does not know
            _ = found.claims[index]
    return found


def first_of_each_id(found: Iterable[SigmaRules]) -> list[SigmaRules]:
    """Collections, each without the rules that an earlier one has: a record is counted once.

    What is left out stands among the refused. A rule stays where a correlation that stays refers
    to it.
    """
    seen: dict[str, str] = {}
    kept: list[SigmaRules] = []
    for rules in found:
        known = set(seen)
        for rule in rules.ruleset.rules:
            if rule.id:
                seen.setdefault(rule.id, f"{rule.file}:{rule.line}")
        repeated = known.intersection(rule.id for rule in rules.ruleset.rules)
        kept.append(_without(rules, {each: seen[each] for each in repeated}) if repeated else rules)
    return kept


def _without(rules: SigmaRules, repeated: Mapping[str, str]) -> SigmaRules:
    """A collection without the rules of some ids, which stand elsewhere."""
    ruleset = rules.ruleset
    needed: set[int] = set()
    for each in reversed(ruleset.correlations):  # those that others refer to come first
        if each.rule in needed or ruleset.rules[each.rule].id not in repeated:
            needed.update(each.rules)
    gone = {
        (rule.file, rule.line): rule
        for index, rule in enumerate(ruleset.rules)
        if index not in needed and (rule.id in repeated or index in ruleset.silent_rules)
    }
    left = ruleset.select(lambda rule: (rule.file, rule.line) not in gone)
    refused = tuple(
        (f"{rule.file}:{rule.line}", f"duplicate: the same id as {repeated[rule.id]}")
        for rule in gone.values()
        if rule.id in repeated
    )
    use = replace(rules.use, usable=len(left.rules), refused=rules.use.refused + refused)
    twice = frozenset(index for index, rule in enumerate(left.rules) if rule.id in repeated)
    return replace(rules, ruleset=left, use=use, repeated=twice)


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
