"""A shortened regex is found exactly where the whole one is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.sigma.shortening import shortened

ATOMS = [
    "a",
    "b",
    ".",
    r"\s",
    r"\.",
    r"\\\\",
    "[ab]",
    "[^a)]",
    "[])]",
    "(?:a|b)",
    "(b)",
    r"\+",
    r"\{",
]
REPEATED = ["", "", "?", "*", "+", "??", "*?", "+?", "{0,2}", "{1,3}", "{2,}", "{1,2}?", "{2}"]


def _patterns(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.tuples(inner, st.sampled_from(REPEATED)).map("".join), max_size=4)
    joined = parts.map("".join)
    several = st.tuples(joined, joined).map("|".join)
    return (joined | several).map("(?:{})".format) | joined.map("({})".format)


PATTERNS = st.recursive(st.sampled_from(ATOMS), _patterns, max_leaves=8)
TEXTS = st.text("ab .)+{\\\\", max_size=8)


@given(
    st.tuples(st.lists(PATTERNS, max_size=2).map("".join), PATTERNS, st.sampled_from(REPEATED)).map(
        "".join
    ),
    st.lists(TEXTS, min_size=1, max_size=8),
)
def test_it_is_found_where_the_whole_one_is(pattern: str, texts: list[str]) -> None:
    """Whatever stands at the end, escaped, in a set, in a group, lazy or not."""
    try:
        whole = re.compile(pattern)
    except re.error:
        return
    part = re.compile(shortened(pattern))
    for text in texts:
        assert bool(part.search(text)) == bool(whole.search(text))


@pytest.mark.parametrize(
    ("pattern", "shorter"),
    [
        (r"-k\s\w{1,64}(?:\s?(?:-p|-s))?", r"-k\s\w"),
        (r".{1000,}", r".{1000}"),
        (r"net\s+config", r"net\s+config"),
        (r"net\s+", r"net\s"),
        (r"a.*", "a"),
        (r"a\.*", "a"),
        (r"a\\.*", r"a\\"),
        (r"a\\\.*", r"a\\"),
        (r"a(?:b[)]\))*?", "a"),
        (r"a\{1,64}", r"a\{1,64}"),
        (r"a\+", r"a\+"),
        (r"(a)b(?:\1)?", r"(a)b(?:\1)?"),
        (r"(?x) a # b?", r"(?x) a # b?"),
        (r"ab$", r"ab$"),
        (r"ab(?#b may lack)?", r"ab(?#b may lack)?"),
    ],
)
def test_what_is_left_out(pattern: str, shorter: str) -> None:
    """Repetitions at the end that need not be, and nothing else."""
    assert shortened(pattern) == shorter
