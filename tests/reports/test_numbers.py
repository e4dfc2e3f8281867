"""Sizes are said in three digits."""

from __future__ import annotations

import pytest

from hevesy.reports.numbers import size_words


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
