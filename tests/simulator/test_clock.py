"""Times rendered by lookup are those of `datetime`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.simulator.clock import Clock

FIRST = date(2021, 2, 27)


@settings(max_examples=60, deadline=None)
@given(millis=st.integers(-86_400_000, 4 * 86_400_000 - 1))
def test_stamps_are_those_of_datetime(millis: int) -> None:
    """The day before, the days, and the one after are in reach, to the millisecond."""
    moment = datetime(2021, 2, 27, tzinfo=UTC) + timedelta(milliseconds=millis)
    wanted = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert Clock(FIRST, 3).stamp(pl.Series([millis]))[0] == wanted


def test_iis_writes_a_blank_and_no_millis() -> None:
    """IIS logs have seconds, and a blank between date and time."""
    assert Clock(FIRST).seconds(pl.Series([1_999]), " ")[0] == "2021-02-27 00:00:01"
