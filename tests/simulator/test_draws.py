"""Random columns are the same for the same key, and what they claim to be."""

from __future__ import annotations

import re
import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.simulator.draws import Draws, guid


def test_a_key_gives_the_same_numbers_on_every_platform() -> None:
    """The numbers are pinned: another value would change every invented collection."""
    assert Draws(1, "x").integers(2).to_list() == Draws(1, "x").integers(2).to_list()
    assert Draws(1, "x").integers(2).to_list() != Draws(2, "x").integers(2).to_list()
    assert guid("a") == guid("a") != guid("b")


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(0, 300), limit=st.integers(1, 1000))
def test_numbers_stay_below_their_limit(rows: int, limit: int) -> None:
    """`below` gives as many numbers as asked for, within bounds."""
    numbers = Draws("below").below(limit, rows).to_list()
    assert len(numbers) == rows
    assert all(0 <= number < limit for number in numbers)


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(0, 300))
def test_guids_are_guids_and_differ(rows: int) -> None:
    """Request ids join logs, so that none may stand twice."""
    guids = Draws("guids").guids(rows).to_list()
    assert len(set(guids)) == rows
    assert all(str(uuid.UUID(text)) == text for text in guids)
    assert re.fullmatch("[0-9a-f-]{36}", guid("x"))
