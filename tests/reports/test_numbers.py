"""Sizes are said in three digits, numbers agree with their nouns."""

from __future__ import annotations

import pytest

from hevesy.reports.numbers import count_words, name_words, size_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (98_112_004, "98.1 MB"),
        (214_748_364, "215 MB"),
        (1_500_000_000, "1.5 GB"),
        (2.5e15, "2500.0 TB"),
    ],
)
def test_sizes_have_decimal_prefixes(size: float, words: str) -> None:
    """As `ls`, disks and networks count: a thousand, not 1,024."""
    assert size_words(size) == words


def test_one_is_no_plural() -> None:
    """A number and its noun agree; a list of names says how many it leaves out."""
    assert [count_words(n, "file") for n in (0, 1, 1234)] == [
        "0 files",
        "1 file",
        "1,234 files",
    ]
    assert name_words(("A", "B", "C"), 3) == "A, B, C"
    assert name_words(("A", "B", "C"), 2) == "A, B and 1 more"
