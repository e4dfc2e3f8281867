"""A hit quotes its row, where it stands, and the values worth following."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.detection.hits import HITS, RAW_LIMIT, hits_of, with_place
from hevesy.detection.stages import Claim
from hevesy.model import Outcome, Source, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

ROW = {
    "time": None,
    "server": "EX01",
    "line": 7,
    "record": None,
    "offset": 1234,
    "raw": "x" * (RAW_LIMIT + 10),
    "c-ip": "203.0.113.9",
    "cs-method": "POST",
    "cs-uri-stem": "/owa/auth/X.aspx",
    "sc-status": 200,
    "cs-username": None,
}


def test_a_hit_says_rule_place_pivots_and_what_to_read_first(make_rule: Build) -> None:
    """All that a report shows of a record is in its hit."""
    claim = Claim(make_rule(), Stage.SHELL_USED, Outcome.SUCCESS, "because", anchor=True, own=True)
    matches = pl.DataFrame({"rule": [0], "row": [0]}, schema={"rule": pl.UInt32, "row": pl.UInt32})

    source = Source("case.zip", "logs/u_ex.log", "", "c", "", "iis", 1, None, ("x",))
    hits = hits_of("iis", "iis", pl.DataFrame([ROW]), matches, [claim])
    hit = with_place(hits, source, "ab" * 32).row(0, named=True)

    assert list(hit) == list(HITS)
    assert hit["pivots"] == ["ip:203.0.113.9", "page:/owa/auth/x.aspx"]
    assert hit["detail"] == "203.0.113.9  POST  /owa/auth/X.aspx  200"
    assert (hit["line"], hit["offset"], hit["source"]) == (7, 1234, "logs/u_ex.log")
    assert len(hit["raw"]) == RAW_LIMIT


def test_no_match_gives_no_hits() -> None:
    """An empty result has all columns, so that parts can be put together."""
    matches = pl.DataFrame(schema={"rule": pl.UInt32, "row": pl.UInt32})

    hits = hits_of("iis", "iis", pl.DataFrame([ROW]), matches, [])

    assert hits.schema == pl.Schema(HITS)
    assert hits.is_empty()
