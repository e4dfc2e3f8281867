"""Rows of a query come out whole, typed values as people write them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

from hevesy.reports import write_rows


def test_rows_are_a_table() -> None:
    """Columns stand under their names; times are UTC; None is nothing."""
    file = io.StringIO()
    east = timezone(timedelta(hours=2))
    rows = [
        (datetime(2021, 3, 2, 23, 41, tzinfo=UTC), ["T1190", "T1505.003"], 12),
        (datetime(2021, 3, 3, 1, 41, tzinfo=east), None, -1),
    ]
    write_rows(("time", "techniques", "n"), rows, file=file)

    assert file.getvalue().splitlines() == [
        "time                 techniques       n",
        "2021-03-02 23:41:00  T1190 T1505.003  12",
        "2021-03-02 23:41:00                   -1",
    ]


def test_a_long_cell_is_folded_not_cut() -> None:
    """A raw record of a query is shown to its last character."""
    file = io.StringIO()
    write_rows(("raw",), [("abc" * 200,)], file=file, width=40)

    assert "".join(file.getvalue().split()) == "raw" + "abc" * 200
