"""What is hidden is shown, what a spreadsheet runs is defused, what is plain stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.reports.escaping import HIDDEN, defused, hidden_characters, visible


@given(st.text(alphabet=st.characters()))
def test_nothing_hidden_survives(text: str) -> None:
    """No control, format, surrogate, private or unassigned character comes out, ever."""
    assert not any(unicodedata.category(character) in HIDDEN for character in visible(text))


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_plain_text_stays(text: str) -> None:
    """A path, a query, a user agent reads as it stood."""
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\u{1b}[31mb"),
        ("gpj\u202eexe", "gpj\\u{202e}exe"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("Zürich 東京 é", "Zürich 東京 é"),
        ("a\u3164b\ufe0fc", "a\\u{3164}b\\u{fe0f}c"),
    ],
)
def test_an_escape_names_its_character(text: str, shown: str) -> None:
    """Letters of any language stay, hidden characters become their number."""
    assert visible(text) == shown


def test_a_block_keeps_its_lines() -> None:
    """A raw record of several lines is shown as such; a carriage return hides nothing."""
    assert visible("a\n\tb\rc", lines=True) == "a\n    b\\rc"


@pytest.mark.parametrize("start", [*"=+-@\t\r\n", "  =", "\uff1d"])
def test_a_cell_that_runs_is_defused(start: str) -> None:
    """Every sign that a spreadsheet takes for a formula gets an apostrophe before it."""
    assert defused(f"{start}1+1").startswith("'")


@given(st.text(max_size=40))
def test_a_defused_cell_is_safe(cell: str) -> None:
    """Whatever the cell, it begins harmlessly, and a harmless one is only made visible."""
    safe = defused(cell)

    assert not safe.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
    assert safe.removeprefix("'") == visible(cell).removeprefix("'")


def test_the_column_form_agrees() -> None:
    """What whole columns are cleaned with is what single texts are cleaned with."""
    assert all(visible(character) == shown for character, shown in hidden_characters().items())
    assert 200 < len(hidden_characters()) < 400
