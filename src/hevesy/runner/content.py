"""Loads what evidence is compared with: the house's knowledge, and what the user named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.detection import (
    Baseline,
    Detector,
    IndicatorRules,
    RuleChoice,
    SigmaRules,
    YaraRules,
    first_of_each_id,
    load_rules,
    load_yara,
)
from hevesy.errors import ContentError
from hevesy.incident import SHELL_REQUEST
from hevesy.knowledge import (
    ExchangeKnowledge,
    Knowledge,
    load,
    load_exchange,
    read_indicators,
)
from hevesy.model import RuleReference, RuleUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hevesy.runner.options import Options

__all__ = ["Content", "load_content", "own_rules", "rule_cache"]


@dataclass(frozen=True, slots=True)
class Content:
    """What evidence is compared with, and what is said of it."""

    knowledge: Knowledge
    exchange: ExchangeKnowledge
    """Builds, fixes and KEV, the user's own tables included."""
    detector: Detector
    uses: tuple[RuleUse, ...]
    digest: str
    """Hash of all rules and indicators, for the manifest."""

    @property
    def as_of(self) -> date:
        """The newest date that a data table speaks of, the user's own included."""
        return max(self.knowledge.as_of, self.exchange.as_of)

    def references(self) -> dict[str, RuleReference]:
        """What is said of each rule that is known before evidence is read."""
        known = {claim.rule.id: claim.rule for claim in self.detector.claims()}
        return {SHELL_REQUEST.id: SHELL_REQUEST} | known


def own_rules(knowledge: Knowledge, cache: Path | None = None) -> tuple[SigmaRules, ...]:
    """The Sigma rules of the threats that hevesy knows.

    Args:
        knowledge: With its threats.
        cache: Folder for compiled rule sets.

    Raises:
        ContentError: One of them cannot be used: they are ours, so that is a mistake of the house.
    """
    found = tuple(
        load_rules(f"hevesy/{threat.name}", [Path(threat.folder) / "sigma"], own=True, cache=cache)
        for threat in knowledge.threats
        if (Path(threat.folder) / "sigma").is_dir()
    )
    for rules in found:
        for place, reason in rules.use.refused:
            raise ContentError(reason, place)
    return found


def rule_cache() -> Path:
    """Where compiled rule sets are kept, by their content."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("hevesy", appauthor=False)) / "rules"


def load_content(options: Options, cache: Path | None = None) -> Content:
    """Load everything that a run compares evidence with.

    Args:
        options: With the user's rules, YARA files and indicators.
        cache: Folder for compiled rules.

    Raises:
        ContentError: A file is missing or wrong, with file, line and value.
    """
    knowledge = load()
    exchange = load_exchange(own=options.tables)
    sigma = [*own_rules(knowledge, cache)]
    choice = options.choice or RuleChoice()
    sigma += [
        _strict(load_rules(str(p), [p], cache=cache, choice=choice), p) for p in options.rules
    ]
    sigma = first_of_each_id(sigma)
    yara = [
        load_yara(f"hevesy/{threat.name}", [Path(threat.folder) / "yara"], own=True, cache=cache)
        for threat in knowledge.threats
        if (Path(threat.folder) / "yara").is_dir()
    ]
    yara += [load_yara(str(path), [path], cache=cache) for path in options.yara]
    indicators = list(knowledge.indicators)
    for path in options.indicators:
        indicators += read_indicators(path)
    detector = Detector(
        tuple(sigma),
        tuple(yara),
        IndicatorRules(tuple(indicators), len(knowledge.indicators)),
        Baseline(knowledge.shipped, knowledge.shell_names),
    )
    uses = tuple(r.use for r in sigma) + tuple(y.use for y in yara)
    return Content(knowledge, exchange, detector, uses, _digest(knowledge, sigma, yara, options))


def _strict(rules: SigmaRules, path: Path) -> SigmaRules:
    """A single file that the user named must be usable; of a collection, what is not is listed."""
    if path.is_file() and path.suffix.lower() in {".yml", ".yaml"}:
        for place, reason in rules.use.refused:
            raise ContentError(reason, place)
    return rules


def _digest(
    knowledge: Knowledge,
    sigma: Sequence[SigmaRules],
    yara: Sequence[YaraRules],
    options: Options,
) -> str:
    parts = [knowledge.digest, *(r.ruleset.digest for r in sigma)]
    parts += [hashlib.sha256(y.compiled).hexdigest() for y in yara]
    parts += [hashlib.sha256(p.read_bytes()).hexdigest() for p in options.indicators]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
