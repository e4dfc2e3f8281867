"""Which of a user's rules are asked, and what they are given: levels, tags, pipelines, values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hevesy.detection.stages import level_of
from hevesy.errors import ContentError
from hevesy.model import Level

if TYPE_CHECKING:
    from hevesy.sigma import Rule, Ruleset

__all__ = ["RuleChoice", "read_placeholders"]


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """What a user says of the rules that he hands in; empty: all of them, as they are."""

    min_level: Level | None = None
    """A rule without level counts as medium."""
    statuses: tuple[str, ...] = ()
    """A rule without status has none of them."""
    include_tags: tuple[str, ...] = ()
    """Tags of which a rule must have one; `*` stands for any text, case does not matter."""
    exclude_tags: tuple[str, ...] = ()
    """Tags of which it must have none; they outweigh the others."""
    pipelines: tuple[Path, ...] = ()
    """pySigma pipelines as YAML, applied in this order before log sources are looked up."""
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values for `expand`, by name."""

    def wants(self, rule: Rule) -> bool:
        """Whether a rule is chosen for itself."""
        if self.min_level and level_of(rule.level).rank < self.min_level.rank:
            return False
        if self.statuses and rule.status not in self.statuses:
            return False
        if self.include_tags and not _tagged(rule, self.include_tags):
            return False
        return not _tagged(rule, self.exclude_tags)

    def of(self, ruleset: Ruleset) -> Ruleset:
        """The rules chosen, with those that chosen correlations refer to."""
        chosen = {index for index, rule in enumerate(ruleset.rules) if self.wants(rule)}
        if len(chosen) == len(ruleset.rules):
            return ruleset
        for each in reversed(ruleset.correlations):  # those that refer to others come after them
            if each.rule in chosen:
                chosen.update(each.rules)
        places = {(rule.file, rule.line) for at, rule in enumerate(ruleset.rules) if at in chosen}
        return ruleset.select(lambda rule: (rule.file, rule.line) in places)


def _tagged(rule: Rule, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(tag, pattern.lower()) for tag in rule.tags for pattern in patterns)


def read_placeholders(path: Path) -> dict[str, tuple[str, ...]]:
    """Values of `expand` placeholders: a map of name to a value or list of values.

    Args:
        path: TOML where its name ends in `.toml`, else YAML. A name may be written with or
            without its two `%`.

    Raises:
        ContentError: The file cannot be read, or holds anything else.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        toml = path.suffix.lower() == ".toml"
        found: Any = tomllib.loads(text) if toml else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ContentError(f"not a file of placeholders: {reason}", str(path)) from error
    if not isinstance(found, dict):
        raise ContentError("placeholders are a map of names to lists of values", str(path))
    values: dict[str, tuple[str, ...]] = {}
    for name, given in found.items():
        several = given if isinstance(given, list) else [given]
        if not several or not all(isinstance(one, str | int | float) for one in several):
            raise ContentError(f"placeholder {name!r}: a value or a list of values", str(path))
        values[str(name).strip("%")] = tuple(str(one) for one in several)
    return values
