"""A source is passed over in the third pass only where no row of it can touch a followed value."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Source
from hevesy.records import parse
from hevesy.runner import sifting
from hevesy.runner.sifting import may_hold

_HEADER = b"#Fields: date time cs-uri-stem sc-status\n"
_SOURCE = Source("in", "u_ex.log", "", "in", "", "iis", 1, None, ("u_ex.log",))

_LITERAL = st.text("abAB.:/-0", min_size=1, max_size=6)
_ROW = st.lists(
    st.one_of(st.sampled_from([b"a", b"B", b".", b"/", b"-", b"0", b"\xe9", b"\xc3\xa9", b"%"])),
    max_size=30,
)


@given(
    rows=st.lists(_ROW, max_size=6),
    literals=st.lists(_LITERAL, max_size=3),
    piece=st.integers(min_value=1, max_value=16),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_no_row_that_a_parser_keeps_is_missed(
    rows: list[list[bytes]], literals: list[str], piece: int, end: bytes
) -> None:
    """Wherever pieces are cut, and whatever bytes stand around, a kept row means `may_hold`."""
    stems = [b"/" + b"".join(row) for row in rows]
    data = _HEADER + b"".join(b"2021-03-03 00:00:01 %s 200%s" % (stem, end) for stem in stems)
    kept = sum(b.survey.parsed for b in parse(_SOURCE, io.BytesIO(data), tuple(literals)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sifting, "_PIECE", piece)
        held = may_hold(io.BytesIO(data), literals)

    assert held or not kept


def test_what_is_not_there_is_not_held() -> None:
    """A source without the value is passed over, else nothing is won."""
    assert not may_hold(io.BytesIO(b"GET /owa/ 192.0.2.7\r\n" * 1000), ["203.0.113.9"])
    assert may_hold(io.BytesIO(b"GET /OWA/ 192.0.2.7\r\n"), ["/owa/"])
    assert not may_hold(io.BytesIO(b"GET /owa/ 192.0.2.7\r\n"), [])


def test_utf_16_is_never_passed_over() -> None:
    """Its bytes are not those of the literal; the parser, which decodes them, decides."""
    assert may_hold(io.BytesIO("GET /owa/".encode("utf-16")), ["/ecp/"])
