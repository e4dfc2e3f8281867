"""YARA: what a rule says of itself, and what happens to one that is wrong."""

from __future__ import annotations

import contextlib
import pickle
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import yara_x

from hevesy.detection import load_yara
from hevesy.errors import ContentError
from hevesy.model import Outcome, Stage
from hevesy.sigma.storage import write_entry

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


def test_compiled_rules_are_kept_by_their_content(tmp_path: Path) -> None:
    """The second time nothing is compiled, and what was refused is said again."""
    folder, cache = tmp_path / "rules", tmp_path / "cache"
    folder.mkdir()
    (folder / "own.yar").write_text(OWN)
    (folder / "wrong.yar").write_text("rule Broken { condition: $nowhere }")
    first = load_yara("hevesy/test", [folder], own=True, cache=cache)

    with mock.patch("yara_x.Compiler", side_effect=AssertionError):
        again = load_yara("hevesy/test", [folder], own=True, cache=cache)

    assert again.use == first.use
    assert again.use.refused
    (match,) = again.scan(b"MARKER-OF-THE-TEST", "a.aspx")
    assert match.claim.own


@pytest.mark.parametrize("change", ["file", "version", "damage", "foreign"])
def test_kept_rules_are_not_used_for_others(tmp_path: Path, change: str) -> None:
    """A changed file, another version of the library, damage and foreign bytes are noticed."""
    file, cache = tmp_path / "a.yar", tmp_path / "cache"
    file.write_text(THEIRS)
    load_yara("user", [file], cache=cache)
    (kept,) = cache.iterdir()
    with contextlib.ExitStack() as stack:
        if change == "file":
            file.write_text(THEIRS.replace('"other"', '"still"'))
        elif change == "version":
            stack.enter_context(mock.patch("hevesy.detection.yara_rules.version", str.upper))
        elif change == "foreign":
            write_entry(kept, b"\x80", most=1)
        else:
            kept.write_bytes(kept.read_bytes()[:-1])
        compiler = stack.enter_context(mock.patch("yara_x.Compiler", wraps=yara_x.Compiler))
        rules = load_yara("user", [file], cache=cache)

    assert compiler.called
    (match,) = rules.scan(b"still other", "a.aspx")
    assert ("still" if change == "file" else "other") in match.text
