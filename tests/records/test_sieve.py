"""Logs that no server writes, and rows that are nearly ordinary, say the same passed over or not.

The surveys must be equal whatever the bytes are: each case here is one where what the bytes show
and what reading them shows could part.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from hevesy.detection import exchange_signs
from hevesy.model import Source, Survey
from hevesy.records import Needle, Rest, Wanted, parse, sieve

Read = Callable[..., tuple[pl.DataFrame, Survey]]

IIS = "#Fields: date time s-ip cs-uri-stem sc-status s-computername\n"
PROXY = (
    "#Fields: DateTime,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ServerHostName,"
    "HttpStatus,TargetServer,TargetServerVersion\n"
)
NEVER = Wanted((Needle("no row holds this"),))


def web(second: int, stem: str = "/x", server: str = "A", status: str = "200") -> str:
    """A row of IIS."""
    return f"2021-03-03 00:00:{second:02} 10.0.0.9 {stem} {status} {server}\n"


def proxy(second: int, target: str, end: str = "\n", server: str = "EX01") -> str:
    """A row of HttpProxy that was passed on to another server."""
    return (
        f"2021-03-03T00:00:{second:02}.000Z,15,1,2106,2,{server},200,{target},15.01.2375.000{end}"
    )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("httpproxy", "#Fields: DateTime\n2021-03-03T00:00:00.000Z\n", id="time"),
        pytest.param("iis", "#Fields: date time\n2021-03-03 00:00:00\n", id="date and time"),
        pytest.param("iis", "\x1c\n" + IIS + web(1), id="nearly blank, before a header"),
        pytest.param("iis", IIS + "\x1c\n" + web(1), id="nearly blank, after it"),
        pytest.param("iis", IIS.strip() + "\x1c\n" + web(1), id="nearly blank at its end"),
        pytest.param(
            "httpproxy",
            "#Version: 15.01.2106.002\x1c\n#Fields: DateTime,A\n2021-03-03T00:00:00.000Z,1\n",
            id="a version that is none",
        ),
        pytest.param(
            "httpproxy", PROXY + "".join(proxy(s, "ex02.corp") for s in (5, 1, 9, 3)), id="order"
        ),
        pytest.param(
            "httpproxy", PROXY + proxy(1, "15.corp") + proxy(2, "2106.corp"), id="like a version"
        ),
        pytest.param(
            "httpproxy", PROXY + proxy(1, "10.corp", server="10.0.0.1"), id="like an address"
        ),
        pytest.param("httpproxy", PROXY + proxy(1, "ex02", "\r\r\n") * 2, id="line ends"),
    ],
)
def test_surveys_are_the_same(read_log: Read, kind: str, data: str) -> None:
    """However odd a log is, nothing raises, and each row counts as if it had been read."""
    _, full = read_log(kind, data)
    _, passed = read_log(kind, data, NEVER)
    assert replace(passed, parsed=full.parsed, passed_over=0, clients=full.clients) == full


def test_a_cell_ends_before_all_carriage_returns(read_log: Read) -> None:
    """A path that stands last is judged as it is read: without any of them."""

    def ends(rows: pl.DataFrame) -> list[int]:
        return [int(stem.endswith("aspx")) << 1 for stem in rows["cs-uri-stem"]]

    wanted = Wanted((Needle("aspx", 2),), ("cs-uri-stem",), ends)
    data = "#Fields: date time s-ip cs-uri-stem\n2021-03-03 00:00:01 10.0.0.9 /x.aspx\r\r\n"
    assert read_log("iis", data, wanted)[0]["cs-uri-stem"].to_list() == ["/x.aspx"]


def test_a_line_too_long_is_damaged(read_log: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it ends within the block after the one in which it began."""
    monkeypatch.setattr("hevesy.records.lines.BLOCK_BYTES", 1024)
    for name in ("lines", "row_form", "sieve"):
        monkeypatch.setattr(sys.modules[f"hevesy.records.{name}"], "LINE_LIMIT", 1024)
    data = IIS + web(1) * 18 + web(2, "/" + "a" * 1200) + web(3) * 40
    _, full = read_log("iis", data)
    _, passed = read_log("iis", data, NEVER)
    assert full.damaged == 1
    assert replace(passed, parsed=full.parsed, passed_over=0, clients=full.clients) == full
    held, _ = read_log("iis", data, Wanted((Needle("/aaa"),), counted=False))
    assert not any("/aaa" in raw for raw in (held["raw"] if held.height else ()))


@pytest.mark.parametrize("status", ["200", "000"])
def test_each_server_shows_that_it_runs_exchange(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """Logs of several servers may have been joined, at the end of a block too."""
    rows = [web(n, "/owa/auth/x", server, status) for server in "ABA" for n in range(5)]
    size = len(rows[0]) * 5
    monkeypatch.setattr("hevesy.records.lines.BLOCK_BYTES", size)
    data = (IIS.strip().ljust(size - 1) + "\n" + "".join(rows)).encode()
    source = Source("input", "a.log", "", "", "", "iis", len(data), None, ())

    def signs(wanted: Wanted | None) -> dict[str, str]:
        batches = list(parse(source, io.BytesIO(data), wanted))
        return dict(sign for batch in batches for sign in exchange_signs(batch))

    assert set(signs(None)) == {"A", "B"}
    assert signs(NEVER) == signs(None)


def test_long_lines_do_not_wait_for_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few lines are much where they are long: what waits is bounded by its size."""
    monkeypatch.setattr("hevesy.records.lines.BLOCK_BYTES", 1024)
    monkeypatch.setattr(sys.modules["hevesy.records.sieve"], "_KEPT_CHARACTERS", 4096)
    stream = io.BytesIO((IIS + web(1, "/\u00e9" * 150) * 200).encode())
    through = sieve("iis", NEVER)
    assert through is not None
    items = through.read(stream)
    first = next(items)
    assert isinstance(first, Rest)
    assert stream.tell() < 10 * 1024
    assert sum(len(each.raw) for each in (first, *items) if isinstance(each, Rest)) == 200
