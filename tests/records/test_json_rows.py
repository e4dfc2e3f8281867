"""JSON values of a stream: bounded, with their lines."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.records import json_rows
from hevesy.records.json_rows import JsonRow, JsonRows

if TYPE_CHECKING:
    import pytest


def rows(data: bytes) -> list[JsonRow]:
    """All rows of a stream; every byte is counted."""
    reader = JsonRows(io.BytesIO(data))
    found = list(reader)
    assert reader.size == len(data)
    return found


def test_a_line_without_end_is_cut_and_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the limit is one broken row; the next line is read with its number."""
    monkeypatch.setattr(json_rows, "_MAX_LINE", 100)
    monkeypatch.setattr(json_rows, "_BLOCK", 64)
    found = rows(b'{"a":1}\n{"b":"' + b"x" * 1000 + b'"}\n{"c":1}\n')
    assert [row.line for row in found] == [1, 2, 3]
    assert [row.value for row in found] == [{"a": 1}, None, {"c": 1}]
    assert found[1].reason == "line over 100 bytes"


def test_an_object_without_end_is_cut_and_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is in an array, where reading goes on at the next object."""
    monkeypatch.setattr(json_rows, "_MAX_SPREAD", 100)
    monkeypatch.setattr(json_rows, "_BLOCK", 64)
    found = rows(b'[\n{"a":1},\n{"b":"' + b"x" * 300 + b'"},\n{"c":1}]')
    assert [row.value for row in found if row.value] == [{"a": 1}, {"c": 1}]
    assert [row.line for row in found if row.value] == [2, 4]
    assert any(row.reason for row in found)


def test_deep_nesting_is_damage() -> None:
    """Nesting that exhausts the decoder is one broken row, in a line and in an array."""
    deep = b'{"a":' * 100_000
    good = b'{"b":1}'
    assert [row.value for row in rows(good + b"\n" + deep + b"\n" + good)] == [
        {"b": 1},
        None,
        {"b": 1},
    ]
    assert rows(b"[" + good + b",\n" + deep)[0].value == {"b": 1}


def test_blanks_without_end_cost_no_time() -> None:
    """Reading goes on behind a broken object in time that grows with its length, not its square."""
    blanks = b"\n" * 300_000
    found = rows(b'[{"a": }' + blanks + b',{"b":1}' + blanks + b"]")
    assert [row.value for row in found] == [None, {"b": 1}]


@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9)), max_size=6),
    st.sampled_from([None, 0, 2]),
    st.integers(1, 40),
)
@settings(max_examples=50, deadline=None)
def test_where_blocks_are_cut_makes_no_difference(
    values: list[dict[str, str]], indent: int | None, block: int
) -> None:
    """An array is read the same in blocks of any size, in any layout, and so are lines."""
    whole = json.dumps(values, indent=indent).encode()
    lines = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    before = json_rows._BLOCK
    json_rows._BLOCK = block
    try:
        assert [row.value for row in rows(whole)] == values
        assert [row.value for row in rows(lines)] == values
        assert [json.loads(row.raw) for row in rows(whole)] == values
    finally:
        json_rows._BLOCK = before
