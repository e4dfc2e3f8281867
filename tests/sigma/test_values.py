"""Values as tests see them: regexes alike on both engines, numbers, times and addresses."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy.sigma import LogSource, TableMap, Taxonomy, load
from hevesy.sigma.atom import Atom
from hevesy.sigma.values import Values, passing

if TYPE_CHECKING:
    from pathlib import Path

# enough that they are asked of Rust's engine wherever it is thought to mean the same
FILLERS = [f"filler {number}" for number in range(500)]
TEXTS = [
    *("a", "b", "A", "<a", "a>", "foo bar", "x\nb\ny", "b\n", "\n", "a\nb", "&", "[", "]", "[a"),
    *("a b", "ab", "a{2", "{a}", "-", "_", "|", "\\<", "a$", "start}a", "a\n\n", "", "^", "a&b"),
]
REGEXES = [
    *(r"\<a", r"a\>", r"\\\<", r"\b{start}a", r"\Aa\Z", r"\B"),
    *("(?m)^b$", "(?im)^B$", "(?m:^b$)", "(?s).$", "(?i-s:A.)", "(?mx)^ b $", "(?ix)a[ ]B"),
    *(r"[\]a&&b]", "[]a]", "[]-a]", "[^]a]", r"[a\[b]", "[a[b]", "[[]a", r"[\\&&a]", "[a||b]"),
    *("(?:a|$)\\n", "(a|$)b", "(?:a$)+", "(?:$|a)", "(x|$)|b", r"a$\n", "$a", "[$]", r"\$$"),
    *("a{,2}b", "a{2", "{a}", r"(?P<n>a)(?P=n)", "(?=a)", "a|", "()", r"\/|\-|\&|\~"),
]


@pytest.mark.parametrize("flags", ["", "i", "m", "ims"])
@pytest.mark.parametrize("regex", REGEXES)
def test_regexes_mean_what_python_means(regex: str, flags: str) -> None:
    """Whichever engine a regex runs on, and however many values it is asked of."""
    combined = re.NOFLAG
    for flag in flags:
        combined |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[flag]
    for texts in (TEXTS, TEXTS + FILLERS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            expected = [at for at, text in enumerate(texts) if re.search(regex, text, combined)]
        assert passing(Atom("a", "re", regex, flags), Values(pl.Series(texts))) == expected


def test_a_regex_warns_nobody(tmp_path: Path) -> None:
    """What Python says of sets in regexes is no matter of who runs the rules."""
    path = tmp_path / "r.yml"
    path.write_text(
        "title: t\nlogsource: {category: test}\ndetection: {s: {a|re: '[a&&b]'}, condition: s}\n"
    )
    rules = load([path], Taxonomy((TableMap("t", (LogSource(category="test"),)),)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rules.match("t", pl.DataFrame({"a": ["&", "x"]})).rows() == [(0, 0)]
