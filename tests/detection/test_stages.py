"""What a rule claims: from its own words, or from its tactic tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hevesy.detection.stages import claim_of, level_of
from hevesy.errors import ContentError
from hevesy.model import Level, Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

PLACE = ("rules/a.yml", 7)


def test_a_rule_of_hevesy_says_stage_outcome_and_anchor(make_rule: Build) -> None:
    """The `custom:` key decides, and makes the rule one that a verdict may rest on."""
    custom = {
        "stage": "write",
        "outcome": "success",
        "why": "the value is a script",
        "anchor": True,
    }

    claim = claim_of(make_rule(), ["impact"], custom, PLACE, own=True)

    assert (claim.stage, claim.outcome, claim.anchor, claim.own) == (
        Stage.WRITE,
        Outcome.SUCCESS,
        True,
        True,
    )
    assert claim.why == "the value is a script"


@pytest.mark.parametrize(
    ("tactics", "stage"),
    [
        (["initial-access"], Stage.EXPLOIT),
        (["persistence", "initial_access"], Stage.PERSISTENCE),
        (["credential_access"], Stage.CREDENTIALS),
        (["defense-evasion"], Stage.EXECUTION),
        ([], Stage.EXECUTION),
    ],
)
def test_a_rule_of_others_gets_its_stage_from_its_tags(
    tactics: list[str], stage: Stage, make_rule: Build
) -> None:
    """Its outcome is unknown, and it is never an anchor: no verdict rests on it."""
    claim = claim_of(make_rule(), tactics, {}, PLACE, own=False)

    assert (claim.stage, claim.outcome) == (stage, Outcome.UNKNOWN)
    assert not claim.anchor
    assert not claim.own


@pytest.mark.parametrize("custom", [{"stage": "shellx"}, {"stage": "write", "outcome": "maybe"}])
def test_a_word_that_is_not_on_the_ladder_is_named_with_its_place(
    custom: dict[str, str], make_rule: Build
) -> None:
    """A typing error in a rule must not become a quiet default."""
    with pytest.raises(ContentError, match=r"rules/a\.yml:7: custom: '(shellx|maybe)'"):
        claim_of(make_rule(), [], custom, PLACE, own=True)


def test_a_level_that_is_missing_or_unknown_counts_as_medium() -> None:
    """Others' collections leave levels out."""
    assert level_of(None) is Level.MEDIUM
    assert level_of("grave") is Level.MEDIUM
    assert level_of("Critical") is Level.CRITICAL
