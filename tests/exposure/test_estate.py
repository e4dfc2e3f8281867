"""An estate is read without a scan: collections, lists and the beginnings of logs."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from hevesy.evidence import open_evidence
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
        "EX01.zip/C/inetpub/wwwroot/web.config: cannot be read: line 1: no element found",
    )


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
