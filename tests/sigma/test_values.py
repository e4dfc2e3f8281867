"""Values as tests see them: regexes alike on both engines, numbers, times and addresses."""

from __future__ import annotations

import re
import warnings
from datetime import timedelta
from decimal import Decimal
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
    *(r"\<a", r"a\>", r"\\\<", r"\b{start}a", r"^a{1, 3}$", r"\Aa\Z", r"\B"),
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


@pytest.mark.parametrize(
    ("atom", "values", "expected"),
    [
        (Atom("a", "gt", 5), pl.Series([float("nan"), 6.0, 1.0]), [1]),
        (Atom("a", "gt", -1), pl.Series([2**63, 0], dtype=pl.UInt64), [0, 1]),
        (Atom("a", "equals", "1.5"), pl.Series([Decimal("1.50"), Decimal("15.00")]), [0]),
        (Atom("a", "equals", "10"), pl.Series([Decimal("10.00"), Decimal("1.00")]), [0]),
        (Atom("a", "equals", "10"), pl.Series([Decimal(10), Decimal(1)]), [0]),
        (Atom("a", "contains", "1"), pl.Series([timedelta(1)]), []),
        (Atom("a", "cidr", "::ffff:10.0.0.0/104"), pl.Series(["10.1.1.1", "11.1.1.1"]), [0]),
        (Atom("a", "cidr", "::ffff:10.0.0.0/104"), pl.Series(["::ffff:10.1.1.1", "::1"]), [0]),
    ],
)
def test_odd_values(atom: Atom, values: pl.Series, expected: list[int]) -> None:
    """What is no number is greater than none; numbers are text without zeros that say nothing."""
    assert passing(atom, Values(values)) == expected


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2021-03-03T05:06:07Z", 5),
        ("2021-03-03 05:06:07", 5),
        ("2021-03-03T05:06:07.1234567+02:00", 3),
        ("2021-03-03 05:06:07 -0130", 6),
        ("2021-03-03", 0),
        ("2021-03-03T05:06", None),
        ("2021-03-03X05:06:07", None),
        ("05:06:07", None),
    ],
)
def test_times_are_read_in_utc(text: str, hour: int | None) -> None:
    """ISO 8601 with an offset means that moment; a day alone is its first."""
    atoms = [Atom("a", "part", number, "hour") for number in range(24)]
    passed = [atom.value for atom in atoms if passing(atom, Values(pl.Series([text])))]
    assert passed == ([] if hour is None else [hour])
