"""A file's lines are counted as a text editor counts them."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.simulator.log_file import log_file


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.integers(0, 86_399_999), min_size=1, max_size=12).map(sorted),
    head=st.integers(0, 5),
    again=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_marks_point_at_their_lines(
    times: list[int], head: int, newline: str, *, again: bool, bom: bool
) -> None:
    """Whatever stands in front of a row, its mark's line is the line that holds it."""
    rows = pl.DataFrame(
        {
            "time": times,
            "line": [f'row "{number}", with commas' for number in range(len(times))],
            "mark": list(range(len(times))),
        }
    )
    header = [f"#{number}" for number in range(head)]
    file = log_file(rows, header, again=header if again else (), bom=bom, newline=newline)
    data = b"".join(file.parts)
    assert data.startswith(b"\xef\xbb\xbf") == bom
    assert data.endswith(newline.encode())
    lines = data.decode("utf-8-sig").split(newline)
    assert [mark for mark, _ in file.marked] == list(range(len(times)))
    for mark, line in file.marked:
        assert lines[line - 1] == f'row "{mark}", with commas'


def test_lines_before_are_counted() -> None:
    """A file that grows by the span goes on counting where it stopped."""
    rows = pl.DataFrame({"time": [0, 1], "line": ["a", "b"], "mark": [None, 7]})
    assert log_file(rows, (), before=10).marked == ((7, 12),)
