"""What a loaded rule says about itself, and what is said of a rule that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from hevesy.sigma.taxonomy import LogSource

__all__ = ["Refusal", "RefusalKind", "Rule"]

RefusalKind = Literal["syntax", "unmapped", "unsupported", "placeholder", "duplicate"]
"""`syntax` the rule breaks the specification; `unmapped` no table answers to its log source;
`unsupported` it asks for something that this engine cannot do; `placeholder` an `expand` value was
given no values; `duplicate` a rule of that id came earlier."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is in use, with everything of it that a reader of its matches needs."""

    id: str
    """Empty where the rule has none."""
    title: str
    author: str
    """Shown with every match: the Detection Rule License asks for it."""
    level: str
    """`informational`, `low`, `medium`, `high`, `critical`, or empty."""
    status: str
    description: str
    references: tuple[str, ...]
    falsepositives: tuple[str, ...]
    tags: tuple[str, ...]
    techniques: tuple[str, ...]
    """ATT&CK technique ids of the tags: `T1505.003`."""
    cves: tuple[str, ...]
    """`CVE-2021-26855`, from the tags."""
    tactics: tuple[str, ...]
    """ATT&CK tactic names of the tags, as the tags write them: `initial-access`."""
    logsource: LogSource
    file: str
    """Path as handed in; a member of a zip is written `rules.zip!rules/a.yml`."""
    line: int
    """1-based line where the rule's document begins."""
    licence: str
    """The rule's own `license` field; empty where it has none."""
    custom: dict[str, Any]
    """What stands under `custom:` in the rule, passed through."""
    tables: tuple[str, ...]
    """The tables that answer to it."""
    name: str = ""
    """Sigma `name`, by which correlations may refer to the rule."""
    warnings: tuple[str, ...] = ()
    """Mistakes beside the detection (a bad date, an unknown tag) that do not keep it from use."""
    correlation: bool = False
    """Whether it is a correlation rule, evaluated by `Ruleset.correlate`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that is not in use, and why."""

    file: str
    line: int
    rule_id: str
    title: str
    kind: RefusalKind
    reason: str
    logsource: LogSource = field(default_factory=LogSource)
