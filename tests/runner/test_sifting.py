"""A source is passed over in the third pass only where no row of it can touch a followed value."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.incident import literals_of, touching
from hevesy.model import Source
from hevesy.records import parse
from hevesy.runner import sifting
from hevesy.runner.sifting import may_hold

_HEADER = b"#Fields: date time cs-uri-stem sc-status\n"
_SOURCE = Source("in", "u_ex.log", "", "in", "", "iis", 1, None, ("u_ex.log",))

_CELLS = ["a", "B", "k", "K", "i", ".", "-", "0", "\xe9", "\u212a", "\u0130", "%", "\udce9"]
_STEM = st.text(st.sampled_from(_CELLS), max_size=12).map(lambda text: f"/{text}")


@given(
    stems=st.lists(_STEM, min_size=1, max_size=6),
    followed=st.lists(_STEM, max_size=2),
    touched=st.booleans(),
    piece=st.integers(min_value=1, max_value=16),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_no_row_that_touches_is_missed(
    *, stems: list[str], followed: list[str], touched: bool, piece: int, end: bytes
) -> None:
    """Wherever pieces are cut, and whatever bytes stand around: a touch means `may_hold`."""
    values = [text.lower() for text in [*followed, *(stems[:1] if touched else [])]]
    rows = [stem.encode(errors="surrogateescape") for stem in stems]
    data = _HEADER + b"".join(b"2021-03-03 00:00:01 %s 200%s" % (row, end) for row in rows)
    literals = literals_of(values)
    pairs = [("page", value.encode(errors="backslashreplace").decode()) for value in values]
    found = sum(
        touching(batch, "iis", pairs).height for batch in parse(_SOURCE, io.BytesIO(data), literals)
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sifting, "_PIECE", piece)
        held = may_hold(io.BytesIO(data), literals)

    assert held or not found


def test_what_is_not_there_is_not_held() -> None:
    """A source without the value is passed over, else nothing is won."""
    assert not may_hold(io.BytesIO(b"GET /owa/ 192.0.2.7\r\n" * 1000), ["203.0.113.9"])
    assert may_hold(io.BytesIO(b"GET /OWA/ 192.0.2.7\r\n"), ["/owa/"])
    assert not may_hold(io.BytesIO(b"GET /owa/ 192.0.2.7\r\n"), [])


def test_utf_16_is_never_passed_over() -> None:
    """Its bytes are not those of the literal; the parser, which decodes them, decides."""
    assert may_hold(io.BytesIO("GET /owa/".encode("utf-16")), ["/ecp/"])
