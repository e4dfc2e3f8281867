"""YARA: what a rule says of itself, and what happens to one that is wrong."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from hevesy.detection import load_yara
from hevesy.errors import ContentError
from hevesy.model import Outcome, Stage

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
rule Known_Marker {
  meta:
    id = "0001"
    title = "A marker"
    author = "hevesy"
    stage = "shell_placed"
    outcome = "success"
    why = "the file holds the marker"
  strings: $a = "MARKER-OF-THE-TEST"
  condition: $a
}
"""
THEIRS = 'rule Theirs { meta: author = "Somebody" strings: $a = "other" condition: $a }'


def test_a_match_carries_what_the_rule_says(tmp_path: Path) -> None:
    """Stage and outcome come from the rule's meta; what stands at the match is quoted."""
    (tmp_path / "own.yar").write_text(OWN)
    rules = pickle.loads(pickle.dumps(load_yara("hevesy/test", [tmp_path], own=True)))  # noqa: S301  # our own

    (match,) = rules.scan(b"before MARKER-OF-THE-TEST after", r"C:\web\a.aspx")

    assert (match.claim.stage, match.claim.outcome) == (Stage.SHELL_PLACED, Outcome.SUCCESS)
    assert match.claim.own
    assert "MARKER-OF-THE-TEST after" in match.text


def test_a_rule_of_others_claims_nothing_but_the_match(tmp_path: Path) -> None:
    """A collection's rule names its author, and its outcome is unknown."""
    (tmp_path / "theirs.yar").write_text(THEIRS)

    (match,) = load_yara("user", [tmp_path]).scan(b"other", "a.aspx")

    assert match.claim.rule.author == "Somebody"
    assert match.claim.outcome is Outcome.UNKNOWN
    assert not match.claim.own


def test_a_file_that_cannot_be_compiled_is_named_and_the_others_are_used(tmp_path: Path) -> None:
    """One broken file in a collection of hundreds costs that file only."""
    (tmp_path / "good.yar").write_text(THEIRS)
    (tmp_path / "wrong.yar").write_text("rule Broken { condition: $nowhere }")

    use = load_yara("user", [tmp_path]).use

    assert use.usable == 1
    ((place, reason),) = use.refused
    assert place.endswith("wrong.yar")
    assert reason


def test_a_single_wrong_file_is_an_error(tmp_path: Path) -> None:
    """What the user named and nothing of can be used ends the run before evidence is read."""
    wrong = tmp_path / "wrong.yar"
    wrong.write_text("rule Broken { condition: $nowhere }")

    with pytest.raises(ContentError, match=r"wrong\.yar"):
        load_yara("user", [wrong])


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    """A typing error in --yara must not pass for an empty collection."""
    with pytest.raises(ContentError, match="no such file"):
        load_yara("user", [tmp_path / "absent"])
