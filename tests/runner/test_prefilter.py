"""What is passed over would have matched nothing, and is counted as if it had been read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.detection import exchange_signs
from hevesy.model import Source, Survey
from hevesy.records import Batch, Wanted, add_up, parse
from hevesy.runner.content import load_content
from hevesy.runner.options import Options
from hevesy.tables import KINDS

if TYPE_CHECKING:
    from hevesy.detection import Detector

HEADS = {
    "iis": (
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip"
        " cs(User-Agent) sc-status\n"
    ),
    "httpproxy": (
        "DateTime,RequestId,UrlStem,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,"
        "HttpStatus,BackEndStatus,Method,BackEndCookie,GenericInfo\n"
    ),
    "ecp_server": "#Fields: TimeStamp,ServerName,EventId,EventData\n",
    "oab_generator": "Timestamp,RecordType,Message\n",
}
HEADS["ecp_activity"] = HEADS["ecp_server"]

STEM = st.sampled_from(
    (
        "/ecp/y.js", "/ECP/default.flt", "/owa/auth/Current/themes/resources/logon.css",
        "/owa/auth/logon.aspx", "/owa/auth/x9.aspx", "/aspnet_client/a.aspx", "/ews/z.aspx",
        "/mapi/emsmdb", "/ecp/ddi/DDIService.svc/SetObject", "/autodiscover/autodiscover.xml",
        "/aspnet_\u212alient/\u017f.aspx", "/help.aspx", "/mapi/\u017fhell.a\u017fpx",
    )
)  # fmt: skip
QUERY = st.sampled_from(("-", "cmd=whoami", "a=1&schema=OABVirtualDirectory", "cafeReqId=1"))
AGENT = st.sampled_from(
    ("ExchangeServicesClient/0.0.0.0", "python-requests/2.25.1", "antSword/v2.1", "Mozilla/5.0+(X")
)
ADDRESS = st.sampled_from(("10.0.0.1", "103.77.192.219", "86.105.18.116", "1.2.3.4"))
STATUS = st.sampled_from(("200", "241", "404", "500", "401"))
METHOD = st.sampled_from(("GET", "POST", "HEAD"))
ANCHOR = st.sampled_from(
    ("", "a@contoso.example", "ServerInfo~a]@MAIL01:444/ecp/proxyLogon.ecp?#", "ServerInfo~x/y")
)
COOKIE = st.sampled_from(("", "Server~MAIL01~1942", "Server~a/b", "X-BEResource-Cookie"))
EVENT = st.sampled_from(
    (
        "S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://x/<script>'';S:BLD=15.1.2176.2",
        "S:CMD=Set-OabVirtualDirectory.Identity='a''b'.ExternalUrl='c:\\x';S:BLD=15.1",
        "S:CMD=Remove-OabVirtualDirectory.Force=$true",
        '"S:CMD=New-ManagementRoleAssignment;S:URL=""/ecp/"":444/x"',
        "S:URL=https://MAIL01]:444/ecp/y.js:444/ecp",
        "S:CMD=Get-Mailbox",
    )
)
TEXT = st.sampled_from(("Download failed and temporary file C:\\a.aspx", "x", "temporary"))

ROWS = {
    "iis": st.tuples(METHOD, STEM, QUERY, ADDRESS, AGENT, STATUS).map(
        lambda c: f"2021-03-03 00:00:01 10.0.0.9 {c[0]} {c[1]} {c[2]} 443 - {c[3]} {c[4]} {c[5]}"
    ),
    "httpproxy": st.tuples(STEM, ANCHOR, AGENT, ADDRESS, STATUS, METHOD, COOKIE).map(
        lambda c: (
            f"2021-03-03T00:00:01.1Z,r,{c[0]},{c[1]},{c[2].replace('+', ' ')},{c[3]},MAIL01,"
            f"{c[4]},{c[4]},{c[5]},{c[6]},"
        )
    ),
    "ecp_server": EVENT.map(lambda data: f"2021-03-03T00:00:01.1Z,MAIL01,ECP.Request,{data}"),
    "oab_generator": TEXT.map(lambda text: f"2021-03-03T00:00:01.1Z,Info,{text}"),
}
ROWS["ecp_activity"] = ROWS["ecp_server"]


@pytest.fixture(scope="module")
def detector() -> Detector:
    """The house's rules and indicators."""
    return load_content(Options(evidence=(), case=Path("case"))).detector


def _found(
    detector: Detector, kind: str, data: bytes, wanted: Wanted | None
) -> tuple[list[Any], list[Any], Survey]:
    source = Source("input", "a.log", "", "", "", kind, len(data), None, ())
    batches: list[Batch] = list(parse(source, io.BytesIO(data), wanted))
    hits = [
        hit for b in batches for hit in detector.records(b, kind).drop("row", strict=False).rows()
    ]
    signs = [sign for batch in batches for sign in exchange_signs(batch)]
    return hits, signs, add_up(batch.survey for batch in batches)


@pytest.mark.parametrize("kind", sorted(HEADS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_results_are_the_same_whether_rows_are_passed_over(
    detector: Detector, kind: str, data: st.DataObject
) -> None:
    """Hits, signs of Exchange and the survey do not depend on what was passed over."""
    rows = data.draw(st.lists(ROWS[kind], max_size=12))
    content = (HEADS[kind] + "\n".join(rows) + "\n").encode()
    wanted = detector.wanted(KINDS[kind].table)
    assert wanted is not None
    hits, signs, full = _found(detector, kind, content, None)
    some_hits, some_signs, some = _found(detector, kind, content, wanted)
    assert (some_hits, some_signs) == (hits, signs)
    assert some.rows == some.parsed + some.passed_over + some.damaged
    assert replace(some, parsed=full.parsed, passed_over=0) == full


@pytest.mark.parametrize("kind", ["iis", "httpproxy"])
def test_ordinary_rows_are_passed_over(detector: Detector, kind: str) -> None:
    """The needles of the house's rules are rare ones, and pages that Exchange ships are known."""
    ordinary = {
        "iis": (
            "2021-03-03 00:00:01 10.0.0.9 POST /x/y.eas - 443 - 10.0.0.1 Mozilla 200",
            "2021-03-03 00:00:01 10.0.0.9 GET /owa/auth/logon.aspx a=b 443 - 10.0.0.1 Mozilla 200",
            "2021-03-03 00:00:01 10.0.0.9 POST /EWS/Exchange.asmx - 443 a 10.0.0.1 Mozilla 200",
        ),
        "httpproxy": (
            "2021-03-03T00:00:01.123Z,r,/mapi/emsmdb,a@b.example,x,::1,M,200,200,POST,,",
            "2021-03-03T00:00:01.123Z,r,/owa/auth/logon.aspx,,x,::1,M,200,200,GET,Server~M~1~2,",
        ),
    }
    shows_exchange = "2021-03-03 00:00:01 10.0.0.9 GET /owa/auth/ - 443 - 10.0.0.1 Mozilla 200"
    rows = [*([shows_exchange] if kind == "iis" else []), *ordinary[kind]]
    content = (HEADS[kind] + "\n".join(rows) + "\n").encode()
    survey = _found(detector, kind, content, detector.wanted(KINDS[kind].table))[2]
    assert (survey.rows, survey.passed_over) == (len(rows), len(ordinary[kind]))
