"""Times in text logs: what cannot be believed is no time, whatever it is."""

from __future__ import annotations

import polars as pl
import pytest

from hevesy.records.clock import repaired, usual_time

USUAL = "%Y-%m-%dT%H:%M:%S%.fZ"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2021-03-05T10:00:00.000Z", 2021),
        ("2021-03-05 10:00:00", 2021),
        ("2021-03-05T10:00:00+05:00", 2021),
        ("-2021-03-05T10:00:00.000Z", None),
        ("0001-01-01T00:00:00.000Z", None),
        ("9999-12-31T23:59:59.999Z", None),
        ("12021-03-05T10:00:00.000Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_time_that_cannot_be_believed_is_none(text: str | None, year: int | None) -> None:
    """One such cell costs its row, never the rows around it."""
    good = "2021-03-03T04:05:06.000Z"
    rows = pl.DataFrame({"_when": [good, text, good]}, schema={"_when": pl.String()})
    read = repaired(rows.with_columns(time=usual_time(pl.col("_when"), USUAL)))
    years = read["time"].dt.year().to_list()
    assert years == [2021, year, 2021]
