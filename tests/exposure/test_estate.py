"""An estate is read without a scan: collections, lists, and every line of logs."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hevesy.evidence import open_evidence
from hevesy.exposure import examine
from hevesy.exposure.estate import Estate, read_estate

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

_COLUMNS = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,Protocol,UrlStem,"
    "AnchorMailbox,ServerHostName,HttpStatus,TargetServer,TargetServerVersion"
)
_LOG = f"""#Software: Microsoft Exchange Server
#Version: 15.01.2176.009
#Log-type: HttpProxy Logs
#Date: 2021-03-10T10:00:00.000Z
#Fields: {_COLUMNS}
2021-03-10T10:00:01.000Z,a,15,1,2176,9,Owa,/owa/,,EX01,200,ex02.example.org,15.01.2176.000
2021-03-10T10:00:02.000Z,b,15,1,2176,9,Owa,/owa/,,EX01,200,ex01.example.org,15.01.2176.000
"""


def read(tmp_path: Path, known: ExchangeKnowledge, *paths: Path) -> Estate:
    """An estate of these paths."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    evidence = open_evidence([str(path) for path in paths], scratch=scratch)
    return read_estate(evidence, known, scratch)


def collection(file: Path) -> Path:
    """A zip of one server, as a collector makes it."""
    exchange = "C/Program Files/Microsoft/Exchange Server/V15"
    with zipfile.ZipFile(file, "w") as archive:
        log = f"{exchange}/Logging/HttpProxy/Owa/HttpProxy_2021031010-1.LOG"
        archive.writestr(log, _LOG)
        archive.writestr(f"{exchange}/FrontEnd/HttpProxy/owa/auth/15.1.2106/x.js", "x")
        archive.writestr("C/inetpub/wwwroot/web.config", "<configuration>")
        archive.writestr("C/Windows/System32/inetsrv/config/applicationHost.config", "<a/>")
    return file


def test_a_collection_tells_its_server_and_its_neighbours(
    tmp_path: Path, known: ExchangeKnowledge
) -> None:
    """Builds with the time of their lines; a server that was not handed in; a file that is none."""
    estate = read(tmp_path, known, collection(tmp_path / "EX01.zip"))

    own, other = estate.servers
    assert (own.name, own.seen_from) == ("EX01", ())
    assert {(b.build, b.origin) for b in own.builds} >= {
        ("15.1.2176.9", "header_version"),
        ("15.1.2176.9", "columns"),
        ("15.1.2106.0", "folder"),
    }
    assert all(b.first for b in own.builds if b.origin != "folder")
    assert (other.name, other.seen_from) == ("EX02", ("EX01",))
    assert estate.problems == (
        (
            "EX01.zip/C/inetpub/wwwroot/web.config: cannot be read: line 1: ends too early, "
            "<configuration> of line 1 is not closed"
        ),
    )


def test_a_patch_in_mid_log_is_in_the_history(tmp_path: Path, known: ExchangeKnowledge) -> None:
    """A log of 3 MB: the old build to its middle, the new one after; the new one is what it has."""
    logs = tmp_path / "EX01" / "Logging" / "HttpProxy" / "Owa"
    logs.mkdir(parents=True)
    head, rows = _LOG[: _LOG.index("\n2021-03") + 1], []
    for number in range(30_000):
        build = "2176,2" if number < 20_000 else "2176,9"
        time = f"2021-03-10T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
        rows.append(f"{time},{number:036},15,1,{build},Owa,/owa/,,EX01,200,,")
    (logs / "HttpProxy_2021031000-1.LOG").write_text(head + "\n".join(rows) + "\n", "utf-8")
    (server,) = read(tmp_path, known, tmp_path / "EX01").servers
    times = {
        one.build: (one.first, one.last, one.line, one.last_line)
        for one in server.builds
        if one.origin == "columns"
    }

    assert times["15.1.2176.2"][1:] == (_moment(19_999), 6, 20_005)
    assert times["15.1.2176.9"] == (_moment(20_000), _moment(29_999), 20_006, 30_005)
    (judged,) = examine([server], known, known.as_of)
    assert judged.build == "15.1.2176.9"
    assert [period.build for period in judged.history] == ["15.1.2176.2", "15.1.2176.9"]


def _moment(seconds: int) -> datetime:
    return datetime(2021, 3, 10, tzinfo=UTC) + timedelta(seconds=seconds)


def test_logs_of_any_kind_tell_the_version_in_their_header(
    tmp_path: Path, known: ExchangeKnowledge
) -> None:
    """EWS, message tracking and others print it too, where they do not print 15.0.0.0."""
    folder = tmp_path / "EX07" / "Logging" / "Ews"
    folder.mkdir(parents=True)
    text = (
        "DateTime,RequestId,ServerHostName\n#Software: Microsoft Exchange Server\n"
        "#Version: 15.02.1544.011\n#Log-type: EWS Logs\n"
        "#Fields: DateTime,RequestId,ServerHostName\n"
        "2024-06-01T00:00:01.000Z,a,EX07\n"
    )
    (folder / "Ews_2024060100-1.LOG").write_text(text, "utf-8")
    (server,) = read(tmp_path, known, tmp_path / "EX07").servers

    assert server.name == "EX07"
    assert [(one.build, one.origin) for one in server.builds] == [
        ("15.2.1544.11", "header_version")
    ]


def test_lists_and_collections_come_together(tmp_path: Path, known: ExchangeKnowledge) -> None:
    """The inventory speaks of the same server, and of one more; a bad row is named."""
    inventory = tmp_path / "inventory.csv"
    inventory.write_text("name,build\nEX01,15.1.2176.9\nEX02,15.1.2507.72\nEX03,oops\n", "utf-8")
    estate = read(tmp_path, known, inventory, collection(tmp_path / "EX01.zip"))

    servers = {server.name: server for server in estate.servers}
    assert set(servers) == {"EX01", "EX02"}
    assert "inventory" in {build.origin for build in servers["EX01"].builds}
    assert servers["EX02"].seen_from == ()
    assert "inventory.csv:4: no Exchange build: 'oops'" in estate.problems


def test_what_says_nothing_is_passed_over(tmp_path: Path, known: ExchangeKnowledge) -> None:
    """Other files of a folder are no problem."""
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "notes.txt").write_text("x", "utf-8")
    (folder / "other.xml").write_text("<a/>", "utf-8")
    estate = read(tmp_path, known, folder)

    assert (estate.servers, estate.problems, estate.losses) == ((), (), ())
