"""What a regular expression cannot match without is in every match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.sigma.required import every_required, required


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
        (r"\.[ '\"]{1}", {". ", ".'", '."'}),
        (r"(?:[ab]|c.*)&&", {"&&"}),
        (r"[a&&b]c", None),
        (r"\<b", None),
        ("(", None),
    ],
)
def test_required_words(pattern: str, words: set[str] | None) -> None:
    """The rarest set is found, and None where a match can do without any."""
    assert required(pattern, _price) == (None if words is None else frozenset(words))


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        (r"net\s+config", [{"config"}, {"net"}]),
        (r"cmd.+(?:(?:abcd)+|ef?)x", [{"cmd"}, {"x"}, {"abcd", "e", "ef"}]),
        (r"(?:ab.cde){1}f", [{"cde"}, {"ab"}, {"f"}]),
        (r"(?:ab.cde){0,3}f", [{"f"}]),
    ],
)
def test_every_set_of_required_words(pattern: str, sets: list[set[str]]) -> None:
    """Each part that no match can do without gives one, the rarest first."""
    assert every_required(pattern, _price) == sets


_ITEM = st.recursive(
    st.sampled_from(("a", "b", "B", "[bc]", ".", r"\.", "[^a]", "^", "$", r"\b", "")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: f"({'|'.join(each)})"),
        inner.map(lambda each: f"(?:{each})*"),
        inner.map(lambda each: f"(?:{each})?"),
        inner.map(lambda each: f"(?:{each})+"),
        inner.map(lambda each: f"(?:{each}){{1}}"),
        inner.map(lambda each: f"(?!{each})"),
    ),
    max_leaves=8,
)


@given(_ITEM, st.lists(st.text("abcB.", max_size=8), max_size=12))
def test_every_match_holds_a_required_word(pattern: str, texts: list[str]) -> None:
    """Sound for any expression and each set, with case and without."""
    sets = every_required(pattern, _price)
    for text in texts if sets else ():
        if re.search(pattern, text, re.IGNORECASE):
            assert all(any(word in text.lower() for word in words) for words in sets)
