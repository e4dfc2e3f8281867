"""Exchange builds in all the spellings that evidence has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.knowledge import parse_build, show_build


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("15.01.2507.061", (15, 1, 2507, 61)),
        ("15.1.2507.61", (15, 1, 2507, 61)),
        (" 15.02.0986.005 ", (15, 2, 986, 5)),
        ("Version 15.1 (Build 2375.7)", (15, 1, 2375, 7)),
        ("Version 15.1 (Build 31531.3)", (15, 1, 1531, 3)),
        ("14.03.0513.000", (14, 3, 513, 0)),
        ("15.0.0.0", None),
        ("15.1.x", None),
        ("15.1.2507", None),
        ("10.0.17763.1", None),
        ("15.1.2507.61.0", None),
        ("", None),
    ],
)
def test_spellings_of_one_build_are_the_same(text: str, build: object) -> None:
    """Zeros, Active Directory's words and its 30000 too many; what is no build is none."""
    assert parse_build(text) == build


@given(st.tuples(st.just(15), st.integers(0, 99), st.integers(1, 29999), st.integers(0, 9999)))
def test_what_is_shown_is_read_again(build: tuple[int, int, int, int]) -> None:
    """With and without zeros."""
    padded = f"{build[0]:02}.{build[1]:02}.{build[2]:04}.{build[3]:03}"

    assert parse_build(show_build(build)) == parse_build(padded) == build


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    """Evidence may be anything; what is taken for a build is one."""
    found = parse_build(text)
    assert found is None or parse_build(show_build(found)) == found
