"""Columns are folded as single values are, however many letters outside ASCII they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from hevesy.sigma import LogSource, TableMap, Taxonomy, folding, load
from hevesy.sigma.atom import fold
from hevesy.sigma.folding import beyond_ascii, fold_series
from hevesy.sigma.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path

texts = st.none() | st.text("aB \u212aİΣςß\x1f", max_size=4)


@given(st.lists(texts, max_size=6), st.integers(0, 200))
def test_a_column_is_folded_as_its_values_are(found: list[str | None], plain: int) -> None:
    """Value by value where few hold such letters, in columns where many do."""
    values = [*found, *(f"PLAIN {number}" for number in range(plain))]
    column = pl.Series(values, dtype=pl.String)
    with mock.patch.object(folding, "_FEW", -1):
        folded = fold_series(column)
    assert folded.to_list() == [None if value is None else fold(value) for value in values]
    assert column.to_list() == values
    assert beyond_ascii(column).to_list() == [
        number for number, value in enumerate(values) if value and not value.isascii()
    ]


@given(st.lists(texts, min_size=1, max_size=6))
def test_a_buffer_holds_folded_values(found: list[str | None]) -> None:
    """Handed in as they stand or folded, the same bytes are searched."""
    column = pl.Series(found, dtype=pl.String)
    ((start, piece),) = Joined(column).pieces
    ((_, again),) = Joined(fold_series(column), folded=True).pieces
    expected = [fold(value or "") for value in found]
    assert start == 0
    assert piece.buffer == again.buffer == f"\x1f{chr(31).join(expected)}\x1f".encode()
    assert piece.lengths.to_list() == [len(value.encode()) for value in expected]


def test_short_literals_in_many_rows(tmp_path: Path) -> None:
    """Rare ones are found by the pass, common ones row by row; a small frame after a large one."""
    path = tmp_path / "rules.yml"
    rules = [
        f"title: t\nlogsource: {{category: test}}\ndetection: {{s: {detection}, condition: s}}\n"
        for detection in ("{'a|contains': '^^'}", "{'a|contains': '-c'}", "{'a|re': 'x`+y'}")
    ]
    path.write_text("---\n".join(rules), encoding="utf-8")
    taxonomy = Taxonomy((TableMap("t", (LogSource(category="test"),)),))
    values = [
        f"{number} -C {'^^' * (number % 5000 == 7)}{'x``y' * (number == 3)}"
        for number in range(20_000)
    ]
    ruleset = load([path], taxonomy)
    for rows in (values, values[:20], values):
        expected = [
            (rule, row)
            for rule, word in enumerate(("^^", "-C", "x``y"))
            for row, value in enumerate(rows)
            if word in value
        ]
        assert ruleset.match("t", pl.DataFrame({"a": rows})).rows() == expected
