"""What of a value is looked for in raw rows stands in them, whichever way they write it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hevesy.detection.raw_row import in_raw_cell, in_raw_row

VALUES = st.text('abC01 +,"-./\\:@~=%$(){}', max_size=20)


@given(VALUES, st.sampled_from([str, lambda value: value.replace(" ", "+")]))
def test_it_stands_in_a_cell_whatever_its_blanks_are(value: str, write: type[str]) -> None:
    """A user agent is logged with `+` for blanks; every other cell as it is."""
    assert in_raw_cell(value) in write(value).lower()
    assert in_raw_row(value) in write(value).lower()


@given(VALUES)
def test_it_is_never_short_or_a_number(value: str) -> None:
    """Such text stands everywhere."""
    for found in (in_raw_cell(value), in_raw_row(value)):
        assert not found or (len(found) >= 3 and not found.isdigit())
