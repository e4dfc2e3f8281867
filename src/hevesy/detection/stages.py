"""What a rule says of its findings: stage, outcome, anchor, why; other rules: from their tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.errors import ContentError
from hevesy.model import Level, Outcome, RuleReference, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Claim", "claim_of", "level_of"]

_TACTIC_STAGES: dict[str, Stage] = {
    # The ATT&CK tactic closest to the end of an intrusion decides; order is that of the ladder.
    "impact": Stage.IMPACT,
    "persistence": Stage.PERSISTENCE,
    "exfiltration": Stage.EXFILTRATION,
    "collection": Stage.COLLECTION,
    "credential-access": Stage.CREDENTIALS,
    "lateral-movement": Stage.EXECUTION,
    "command-and-control": Stage.EXECUTION,
    "privilege-escalation": Stage.EXECUTION,
    "execution": Stage.EXECUTION,
    "discovery": Stage.EXECUTION,
    "stealth": Stage.EXECUTION,
    "defense-impairment": Stage.EXECUTION,
    "defense-evasion": Stage.EXECUTION,
    "initial-access": Stage.EXPLOIT,
    "resource-development": Stage.PROBE,
    "reconnaissance": Stage.PROBE,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rule claims when it matches, beside what `RuleReference` says of it."""

    rule: RuleReference
    stage: Stage
    outcome: Outcome
    why: str
    anchor: bool
    own: bool
    """Whether it is a rule of hevesy, whose claims a verdict may rest on."""


def level_of(text: str | None) -> Level:
    """Sigma level; a rule that names none, or an unknown one, counts as medium."""
    try:
        return Level((text or "medium").lower())
    except ValueError:
        return Level.MEDIUM


def claim_of(
    rule: RuleReference,
    tactics: Sequence[str],
    custom: Mapping[str, object],
    place: tuple[str, int],
    *,
    own: bool,
) -> Claim:
    """What a rule claims: from its `custom:` key where it has a stage, else from its tactic tags.

    Rules of others may name a stage; their outcome is `unknown`, and they are never an anchor
    (design.md, section 5): no verdict rests on them.

    Raises:
        ContentError: A stage or outcome that hevesy does not know.
    """
    if "stage" not in custom:
        names = {tactic.replace("_", "-").lower() for tactic in tactics}
        stage = next((s for t, s in _TACTIC_STAGES.items() if t in names), Stage.EXECUTION)
        why = rule.description or rule.title
        return Claim(rule, stage, Outcome.UNKNOWN, why, anchor=False, own=False)
    file, line = place
    try:
        stage = Stage(str(custom["stage"]))
        outcome = Outcome(str(custom.get("outcome", "unknown")))
    except ValueError as error:
        raise ContentError(f"custom: {error}", file, line) from error
    why = str(custom.get("why") or rule.description or rule.title)
    if not own:
        return Claim(rule, stage, Outcome.UNKNOWN, why, anchor=False, own=False)
    anchor = bool(custom.get("anchor", False))
    return Claim(rule, stage, outcome, why, anchor=anchor, own=True)
