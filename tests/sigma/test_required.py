"""What a regular expression cannot match without is in every match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.sigma.required import required


def _price(words: frozenset[str]) -> float | None:
    return sum(2.0 ** -len(word) for word in words)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^/(ecp|owa)/auth/[0-9a-z]{1,3}\.js$", {"/ecp/auth/", "/owa/auth/"}),
        (r"\.(aspx|php)$", {".aspx", ".php"}),
        (r"(abc)+x?", {"abc"}),
        (r"colou?r", {"color", "colour"}),
        (r"(?i)ABC", {"abc"}),
        (r"a.*|b", {"a", "b"}),
        (r"x*", None),
        (r"(abc)?", None),
        (r"[a-z]+", None),
        (r"abc|.*", None),
        (r"a\bc(?!de)", {"ac"}),
        (r"\<b", None),
        ("(", None),
    ],
)
def test_required_words(pattern: str, words: set[str] | None) -> None:
    """The rarest set is found, and None where a match can do without any."""
    assert required(pattern, _price) == (None if words is None else frozenset(words))


_ITEM = st.recursive(
    st.sampled_from(("a", "b", "B", "[bc]", ".", r"\.", "[^a]", "^", "$", r"\b", "")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: f"({'|'.join(each)})"),
        inner.map(lambda each: f"(?:{each})*"),
        inner.map(lambda each: f"(?:{each})?"),
        inner.map(lambda each: f"(?:{each})+"),
        inner.map(lambda each: f"(?!{each})"),
    ),
    max_leaves=8,
)


@given(_ITEM, st.lists(st.text("abcB.", max_size=8), max_size=12))
def test_every_match_holds_a_required_word(pattern: str, texts: list[str]) -> None:
    """Sound for any expression, with case and without."""
    words = required(pattern, _price)
    for text in texts if words is not None else ():
        if re.search(pattern, text, re.IGNORECASE):
            assert any(word in text.lower() for word in words or ())
