"""The third pass: which rows touch a followed value, and what a request to a shell shows."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from hevesy.incident import SHELLS, TOUCHES, shell_requests, touching, wanted_by
from hevesy.model import Survey
from hevesy.records import Batch

FOLLOWED = (("page", "/owa/auth/a.aspx"), ("ip", "203.0.113.9"))
ROW: dict[str, Any] = {
    "time": None,
    "server": None,
    "line": 5,
    "record": None,
    "offset": 10,
    "raw": "the line",
    "c-ip": "198.51.100.1",
    "cs-method": "POST",
    "cs-uri-stem": "/owa/auth/A.aspx",
    "cs-username": None,
    "sc-status": 200,
}


def batch(**changes: Any) -> Batch:  # noqa: ANN401  # any column
    """A batch of one IIS row."""
    return Batch("iis", pl.DataFrame([ROW | changes]), Survey())


def test_a_row_touches_by_address_or_by_page() -> None:
    """Either value is enough, and the row says which."""
    by_page = touching(batch(), "iis", FOLLOWED)
    by_both = touching(batch(**{"c-ip": "203.0.113.9"}), "iis", FOLLOWED)
    neither = touching(batch(**{"cs-uri-stem": "/owa/"}), "iis", FOLLOWED)

    assert by_page["pivots"].to_list() == [["page:/owa/auth/a.aspx"]]
    assert sorted(by_both["pivots"][0]) == ["ip:203.0.113.9", "page:/owa/auth/a.aspx"]
    assert neither.is_empty()
    assert by_page.schema == pl.Schema(TOUCHES)


def request(status: int) -> pl.DataFrame:
    """A touch of the shell that was answered with a status."""
    row = dict.fromkeys(TOUCHES) | {
        "server": "EX01",
        "kind": "iis",
        "page": "/owa/auth/A.aspx",
        "address": "203.0.113.9",
        "method": "POST",
        "status": status,
        "pivots": ["page:/owa/auth/a.aspx"],
        "raw": "the line",
    }
    return pl.DataFrame([row], schema=TOUCHES)


SHELL = pl.DataFrame(
    [{"server": "EX01", "page": "/owa/auth/a.aspx", "name": "a.aspx", "evidence": "a rule"}],
    schema=SHELLS,
)


def test_only_an_answered_request_shows_use() -> None:
    """A scanner that looks for others' shells gets 404 or a redirection: an attempt."""
    assert shell_requests(request(200), SHELL)["outcome"].to_list() == ["success"]
    for status in (302, 404, 500):
        hits = shell_requests(request(status), SHELL)
        assert hits["outcome"].to_list() == ["attempt"]
        assert hits["anchor"].to_list() == [False]


def test_a_request_to_a_page_that_is_shipped_decides_nothing() -> None:
    """Code appended to the logon page makes no shell's user of everybody who logs on."""
    hits = shell_requests(request(200), SHELL, frozenset({"/owa/auth/a.aspx"}))

    assert hits["outcome"].to_list() == ["unknown"]
    assert hits["anchor"].to_list() == [False]
    assert "everybody asks for" in hits["why"][0]


def test_a_request_on_another_server_is_no_use_of_this_shell() -> None:
    """The same path elsewhere is another file."""
    other = request(200).with_columns(server=pl.lit("EX02"))

    assert shell_requests(other, SHELL).is_empty()


@given(st.lists(st.text(min_size=1, max_size=30), max_size=8))
def test_a_needle_stands_in_the_value_it_is_of(values: list[str]) -> None:
    """A row that holds a value holds its needle: what is passed over loses nothing."""
    wanted = wanted_by(values)

    needles = wanted.needles if wanted else ()
    for value in values if wanted else ():
        assert any(needle.text in value for needle in needles)


def test_a_value_without_plain_text_is_followed_in_every_row() -> None:
    """What every log encodes in its own way cannot be looked for in raw bytes."""
    wanted = wanted_by(["a b+c/d.aspx"])
    assert wanted
    assert [needle.text for needle in wanted.needles] == ["c/d.aspx"]
    assert wanted_by(["äöü", "a b+c/d.aspx"]) is None
