"""What is read together says what it says one by one, and what is passed over is counted."""

from __future__ import annotations

import io
from typing import Any, TypeGuard

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.model import Source, Survey
from hevesy.records import Batch, Needle, Rest, Wanted, add_up, parse, read_rests, sieve

HEADS = {
    "iis": (
        "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        "#Date: 2021-03-03 00:00:00\n"
        "#Fields: date time s-computername cs-uri-stem cs-uri-query sc-status\n"
    ),
    "httpproxy": (
        "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,"
        "ServerHostName,UrlStem,HttpStatus,GenericInfo\n#Software: Microsoft Exchange Server\n"
        "#Version: 15.01.2176.002\n#Log-type: HttpProxy Logs\n"
    ),
    "ecp_server": (
        "#Software: Microsoft Exchange Server\n#Version: 15.01.2176.002\n"
        "#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n"
    ),
    "oab_generator": "#Version: 15.1\nTimestamp,RecordType,Message\n",
}
HEADS["ecp_activity"] = HEADS["ecp_server"].replace("Server Log", "Activity Context Log")

ROWS = {
    "iis": (
        "2021-03-03 00:00:01 MAIL01 /owa/auth/x.js a=1&cafeReqId=0 200",
        "2021-03-04 00:00:01 mail02.contoso.example /ecp/ - -",
        "2021-03-04 00:00:01 MAIL01 /a b c 500",
        "no row at all",
        "#Fields: time cs-uri-stem",
        "",
    ),
    "httpproxy": (
        "2021-03-03T00:00:01.123Z,r1,15,1,2176,2,MAIL01,/ecp/x.js,241,",
        '2021-03-03T23:59:01.123Z,r2,15,1,2176,9,MAIL02,/ecp/y.js,200,"a,""b"""',
        '2021-03-04T00:00:01Z,r3,,,,,,/a"b,200,x',
        "2021-03-04T00:00:01Z,r3,,,,,,/ab,oops,x",
        "2021-03-04T00:00:01Z,r5,,,,,a&b,/ab,200,x",
        "DateTime,RequestId,UrlStem",
        "2021-03-04T00:00:01Z,r4,\u00e9,,,,,/ab,200,x",
    ),
    "ecp_server": (
        "2021-03-03T00:00:01.123Z,MAIL01,R,S:CMD=Set-Oab.x='a b';S:BLD=15.1.2176.2",
        "2021-03-03T00:00:02.123Z,MAIL01,R,\"S:BLD=15.1.2176.9;'S:CMD=Get-A ''b''';I:TIME=3\"",
        "2021-03-03T00:00:02.123Z,,ECP.Request,",
        "damaged",
    ),
    "oab_generator": (
        "2021-03-03T00:00:01Z,Info,hello, world",
        '2021-03-03T00:00:01Z,Info,"a ""b"""',
    ),
}
ROWS["ecp_activity"] = ROWS["ecp_server"]


def _seen(batches: list[Batch]) -> tuple[list[dict[str, Any]], list[str], Survey]:
    frames = [batch.frame for batch in batches if batch.frame.height]
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    return frame.rows(named=True), frame.columns, add_up(batch.survey for batch in batches)


def _waits(one: Batch | Rest) -> TypeGuard[Rest]:
    return isinstance(one, Rest)


@pytest.mark.parametrize("kind", sorted(HEADS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_together_and_one_by_one_are_equal(kind: str, data: st.DataObject) -> None:
    """Rows, columns and surveys are the same whichever other logs are read with a log."""
    rows = st.lists(st.sampled_from(ROWS[kind]), max_size=5)
    plain = st.lists(st.sampled_from(ROWS[kind][:2]), min_size=1, max_size=5)
    head = st.sampled_from((HEADS[kind], HEADS[kind], HEADS[kind].replace("15.01", "15.02"), ""))
    end = st.sampled_from(("\n", "\n", "\r\n"))
    mark = st.sampled_from(("", "", "\ufeff"))
    logs = data.draw(
        st.lists(st.tuples(mark, head, st.one_of(plain, rows), st.booleans(), end), max_size=6)
    )
    wanted = data.draw(
        st.sampled_from((None, Wanted(()), Wanted((Needle("x.js"), Needle("set-oab")))))
    )
    contents = [
        (bom + first + "\n".join(lines) + "\n" * closed).replace("\n", ending).encode()
        for bom, first, lines, closed, ending in logs
    ]
    sources = [
        Source("in", f"{place}.log", "", "", "", kind, len(content), None, ())
        for place, content in enumerate(contents)
    ]
    through = sieve(kind, wanted)
    assert through is not None
    read = [list(through.read(io.BytesIO(content), small=True)) for content in contents]
    together = iter(read_rests(kind, [one for items in read for one in items if _waits(one)]))
    for source, content, items in zip(sources, contents, read, strict=True):
        batches = [next(together) if isinstance(one, Rest) else one for one in items]
        assert _seen(batches) == _seen(list(parse(source, io.BytesIO(content), wanted)))


@pytest.mark.parametrize("kind", sorted(HEADS))
def test_plain_logs_wait_for_others(kind: str) -> None:
    """An ordinary log is read with others'; one with a second header, or with NUL, is not."""
    through = sieve(kind, None)
    assert through is not None
    plain = (HEADS[kind] + "\n".join(ROWS[kind][:2]) + "\n").encode()
    for content, waits in (
        (plain, True),
        (plain + b"nothing\n", True),
        (plain + HEADS[kind].encode() + plain, False),
        (HEADS[kind].encode(), False),
        (plain + b"\0\n", False),
    ):
        read = list(through.read(io.BytesIO(content), small=True))
        assert [isinstance(one, Rest) for one in read] == [waits]
