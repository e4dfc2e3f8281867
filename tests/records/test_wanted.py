"""What is looked for in the bytes of text logs is found, whatever its letters are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.wanted import Needle, search_for

if TYPE_CHECKING:
    import pytest

TEXT = st.text("aB.*+?()[]{}^$|\\/~# =&%\n\x01", min_size=1, max_size=8)


@given(TEXT, TEXT, TEXT)
def test_a_literal_is_taken_as_it_stands(before: str, text: str, after: str) -> None:
    """No sign in a needle means anything but itself, and ASCII case is no matter."""
    search = search_for((Needle(text.lower()),))
    assert search is not None
    _, ends = search((before + text + after).encode())
    assert len(before + text) in ends


def test_expressions_and_literals_are_found_in_one_pass() -> None:
    """Each place comes with the number of its needle."""
    needles = (Needle("server~"), Needle("Server~[^~/]*/", expression=True))
    search = search_for(needles)
    assert search is not None
    numbers, ends = search(b"x,Server~EX01~1,y,Server~a/b")
    assert sorted(zip(ends, numbers, strict=True)) == [(9, 0), (25, 0), (27, 1)]


def test_nothing_is_found_where_nothing_is_looked_for() -> None:
    """A survey alone looks for nothing."""
    search = search_for(())
    assert search is not None
    assert search(b"anything") == ([], [])


def test_what_cannot_be_looked_for_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then every row is read: no wheel for the machine, or an expression that is too large."""
    assert search_for((Needle("(?<=a)b", expression=True),)) is None
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    search_for.cache_clear()
    assert search_for((Needle("a"),)) is None
    search_for.cache_clear()
