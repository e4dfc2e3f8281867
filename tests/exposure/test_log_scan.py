"""A whole log tells each build with its first and last line, whatever stands between them."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure import log_scan
from hevesy.exposure.log_scan import is_exchange_log, scan_log

if TYPE_CHECKING:
    from hevesy.model import BuildSeen

START = datetime(2021, 3, 5, 10, tzinfo=UTC)
FIELDS = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,UrlStem,"
    "AnchorMailbox,UserAgent,ServerHostName,HttpStatus,TargetServer,TargetServerVersion,RoutingHint"
)
OLD, NEW = "15,1,2176,2", "15,1,2176,9"


def stamp(minute: int) -> str:
    """The time of a row."""
    return (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def row(minute: int, build: str = OLD, **cells: str) -> str:
    """A row of HttpProxy."""
    target = cells.get("target", "ex01.example.org,15.01.2176.000")
    stem, anchor = cells.get("stem", "/owa/"), cells.get("anchor", "")
    return f"{stamp(minute)},id,{build},{stem},{anchor},Agent,EX01,200,{target},"


def head(version: str = "15.01.2176.002", fields: str = FIELDS) -> list[str]:
    """The lines above the rows."""
    return ["#Software: Microsoft Exchange Server", f"#Version: {version}", f"#Fields: {fields}"]


def scan(lines: list[str], end: str = "\r\n", mark: bytes = b"") -> log_scan.LogScan:
    """What a log of these lines says."""
    return scan_log(io.BytesIO(mark + "".join(line + end for line in lines).encode()))


def seen(found: log_scan.LogScan, origin: str) -> list[tuple[str, int, int, int | None]]:
    """Builds of one origin: build, first and last minute, first line."""
    return [
        (one.build, minute(one.first), minute(one.last), one.line)
        for one in found.builds
        if one.origin == origin
    ]


def minute(moment: datetime | None) -> int:
    """Minutes since the start."""
    assert moment is not None
    return int((moment - START).total_seconds() // 60)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_patch_in_mid_log_is_seen(end: str, mark: bytes) -> None:
    """The rows tell it, although the header above them still names the old build."""
    rows = [row(minute, OLD if minute < 700 else NEW) for minute in range(1000)]
    found = scan([*head(), *rows], end, mark)

    assert seen(found, "columns") == [("15.1.2176.2", 0, 699, 4), ("15.1.2176.9", 700, 999, 704)]
    assert seen(found, "header_version") == [("15.1.2176.2", 0, 999, 4)]
    assert [one.last_line for one in found.builds if one.origin == "columns"] == [703, 1003]
    assert found.names == (("EX01", 20),)
    assert found.whole


def test_a_header_in_mid_log_begins_a_new_build() -> None:
    """The service was started anew after an update; its rows stand below its own header."""
    lines = [*head(), row(1), row(2), *head("15.01.2176.009"), row(3, NEW), row(4, NEW)]
    found = scan(lines)

    assert seen(found, "header_version") == [("15.1.2176.2", 1, 2, 4), ("15.1.2176.9", 3, 4, 9)]
    assert seen(found, "columns") == [("15.1.2176.2", 1, 2, 4), ("15.1.2176.9", 3, 4, 9)]


def test_logs_that_print_no_real_version_tell_none() -> None:
    """`15.0.0.0` stands in logs of every version."""
    fields = "date-time,client-ip"
    found = scan([*head("15.0.0.0", fields), f"{stamp(1)},192.0.2.1"])
    assert found.builds == ()
    found = scan([*head("15.02.1544.011", fields), f"{stamp(1)},192.0.2.1"])
    assert seen(found, "header_version") == [("15.2.1544.11", 1, 1, 4)]


def test_ecp_rows_tell_their_build_and_no_client_can() -> None:
    """Of several `S:BLD=` in a row the last is the server's; the others stand in a URL."""
    lines = [
        *head("15.0.0.0", "TimeStamp,ServerName,EventId,EventData"),
        f"{stamp(1)},EX01,ECP.Request,S:URL=/ecp/?a=;S:BLD=15.2.2562.46;S:BLD=15.1.2176.2;S:TID=",
        f"{stamp(2)},EX01,ECP.Request,S:URL=/ecp/;S:BLD=15.1.2176.2;S:TNAME=<null>",
        f"{stamp(3)},EX01,ECP.Request,S:URL=/ecp/;S:BLD=15.1.2176.9;S:TNAME=<null>",
    ]

    assert seen(scan(lines), "S:BLD") == [("15.1.2176.2", 1, 2, 4), ("15.1.2176.9", 3, 3, 6)]


def test_other_servers_are_seen_and_forged_ones_are_not() -> None:
    """A client that names the back end, or writes one into a URL, invents no server."""
    lines = [
        *head(),
        row(1),
        row(2, target="ex02.example.org,15.01.2375.000"),
        row(3, target="ex03,15.01.2375.000", anchor="ServerInfo~ex03/ecp/x"),
        row(4, stem="/a,ex04,15.01.2375.000"),
        row(5, target="ex02.example.org,15.01.2375.000"),
        row(6, target="ex03,15.01.2375.000", anchor="x-beresource"),
    ]
    (target,) = scan(lines).targets

    assert (target.name, target.build, target.line) == ("ex02.example.org", "15.1.2375.0", 5)
    assert (minute(target.first), minute(target.last)) == (2, 5)


def test_back_ends_tell_their_version_as_a_number() -> None:
    """Of the server itself, or of another; where the client named the back end, of none."""
    fields = f"{FIELDS},GenericInfo"
    number = "FEAuth=BEVersion-1942063431"
    lines = [
        *head(fields=fields),
        row(1) + f",{number};",
        row(2, target="ex05.example.org,") + f",{number};",
        row(3, target="ex06,", anchor="ServerInfo~ex06/x") + f",{number};",
        row(4) + ",FEAuth=BEVersion-1942062522;",
        row(5, anchor="ServerInfo~a/x") + ",FEAuth=BEVersion-1942000000;",
    ]
    found = scan(lines)

    assert seen(found, "back_end") == [("15.1.1466.0", 4, 4, 7), ("15.1.2375.0", 1, 1, 4)]
    assert {one.grade for one in found.builds if one.origin == "back_end"} == {"cu_only"}
    assert [(one.name, one.build) for one in found.targets] == [("ex05.example.org", "15.1.2375.0")]


def test_scripts_that_were_answered_tell_the_cumulative_update() -> None:
    """In IIS and in HttpProxy; a request that was refused proves nothing."""
    iis = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Fields: date time cs-method cs-uri-stem sc-status sc-substatus",
        "2021-03-05 10:01:00 GET /owa/auth/15.1.2375/themes/a.css 200 0",
        "2021-03-05 10:02:00 GET /owa/auth/15.1.2375/themes/b.js 200 0",
        "2021-03-05 10:03:00 GET /owa/auth/15.2.986/x.js 404 0",
        "2021-03-05 10:04:00 GET /owa/15.2.858.5/x.html 200 0",
    ]
    assert seen(scan(iis), "url") == [("15.1.2375.0", 1, 2, 4)]
    lines = [*head(), row(1, stem="/owa/prem/15.1.2176.9/scripts/boot.js")]
    assert seen(scan(lines), "url") == [("15.1.2176.9", 1, 1, 4)]


def test_damaged_lines_are_passed_over() -> None:
    """NULs, cut rows, a bare header between rows and a last line without end hide nothing."""
    lines = [*head(), row(1), "\0\0\0", "2021-03", FIELDS, row(2), "x" * 100, row(3, NEW)]
    found = scan_log(io.BytesIO("\r\n".join(lines).encode()))

    assert seen(found, "columns") == [("15.1.2176.2", 1, 2, 4), ("15.1.2176.9", 3, 3, 10)]


@pytest.mark.parametrize("cut", ["2021-03-05T10", "2021-03-05T10,x,15,1,2176,9,"])
def test_a_row_that_was_cut_short_does_not_hide_the_first_of_a_build(cut: str) -> None:
    """The row below it is the first that shows the new build, not the last."""
    found = scan([*head(), row(1), cut, row(2, NEW), row(3, NEW)])

    assert seen(found, "columns") == [("15.1.2176.2", 1, 1, 4), ("15.1.2176.9", 2, 3, 6)]


def test_an_endless_line_is_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not kept in memory, and the rows after it are read."""
    monkeypatch.setattr(log_scan, "_PIECE", 1000)
    monkeypatch.setattr(log_scan, "_LINE", 5000)
    found = scan([*head(), row(1), "y" * 50_000, row(2, NEW), row(3, NEW)])

    assert [one[0] for one in seen(found, "columns")] == ["15.1.2176.2", "15.1.2176.9"]


def test_the_limit_of_work_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is longer than any real one is read to the limit, and that is said."""
    monkeypatch.setattr(log_scan, "LIMIT", 1000)
    found = scan([*head(), *(row(minute) for minute in range(100))])

    assert not found.whole
    assert seen(found, "columns")[0][2] < 50


def test_rows_that_change_at_every_line_are_read_in_time() -> None:
    """Whoever writes two builds in turns gets two builds, and no endless work."""
    rows = [row(minute, (OLD, NEW)[minute % 2]) for minute in range(20_000)]
    begun = time.process_time()
    found = scan([*head(), *rows])

    assert time.process_time() - begun < 5
    assert [one[1:3] for one in seen(found, "columns")] == [(0, 19_998), (1, 19_999)]


def plainly(lines: list[str]) -> set[tuple[str, datetime, datetime, int, int]]:
    """Builds of the columns by reading each row by itself: what the search must agree with."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    for number, line in enumerate(lines, start=1):
        cells = line.split(",")
        if line.startswith("2021-") and len(cells) > 6 and cells[2] == "15":
            moment = datetime.fromisoformat(cells[0])
            found.setdefault(".".join(cells[2:6]), []).append((moment, number))
    return {
        (
            build,
            min(moment for moment, _ in several),
            max(moment for moment, _ in several),
            several[0][1],
            several[-1][1],
        )
        for build, several in found.items()
    }


@given(
    st.lists(st.sampled_from([OLD, NEW, "15,2,986,5", ",,,", "#", "", "junk"]), max_size=60),
    st.integers(40, 400),
)
def test_the_search_agrees_with_reading_each_row(kinds: list[str], piece: int) -> None:
    """Rows of any builds in any order, comments and junk, wherever the pieces are cut."""
    lines = head()
    for number, kind in enumerate(kinds):
        plain = {"#": "#Comment", "": "", "junk": "2021-03-05T10"}
        lines.append(plain.get(kind, row(number, kind)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_scan, "_PIECE", piece)
        found = scan(lines)

    assert {as_tuple(one) for one in found.builds if one.origin == "columns"} == plainly(lines)


def as_tuple(
    one: BuildSeen,
) -> tuple[str, datetime | None, datetime | None, int | None, int | None]:
    """A build as `plainly` has it."""
    return (one.build, one.first, one.last, one.line, one.last_line)


def test_an_exchange_log_is_known_by_its_head() -> None:
    """With or without the column names above the `#` block; other logs are none."""
    assert is_exchange_log(b"\xef\xbb\xbf#Software: Microsoft Exchange Server\r\n")
    assert is_exchange_log(b"DateTime,RequestId\r\n#Software: Microsoft Exchange Server\r\n")
    assert not is_exchange_log(b"#Software: Microsoft Internet Information Services 10.0\r\n")
