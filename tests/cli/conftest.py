"""Small invented evidence for the commands."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IIS_HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Version: 1.0\n"
    "#Date: 2021-03-03 00:00:00\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
)
AGENT = "Mozilla/5.0+(Windows+NT+10.0)"


def iis_row(
    stem: str, *, method: str = "GET", status: int = 200, client: str = "203.0.113.9"
) -> str:
    """One row of an IIS log."""
    return (
        f"2021-03-03 04:05:06 10.0.0.1 {method} {stem} - 443 - {client} {AGENT} - {status} 0 0 5\n"
    )


@pytest.fixture(scope="session", autouse=True)
def no_imported_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tables that whoever runs the tests imported are left alone, and change nothing."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hevesy.knowledge.user_folder", lambda: folder / "exchange")
        yield


@pytest.fixture(scope="session")
def benign_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An IIS log of an Exchange server in which nothing happened."""
    path = tmp_path_factory.mktemp("benign") / "u_ex210303.log"
    path.write_text(IIS_HEAD + iis_row("/owa/auth/logon.aspx") * 20)
    return path


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection in which much is broken, and one log is good."""
    folder = tmp_path_factory.mktemp("hostile") / "EX01"
    logs = folder / "C" / "inetpub" / "logs" / "LogFiles" / "W3SVC1"
    logs.mkdir(parents=True)
    (logs / "u_ex210303.log").write_text(IIS_HEAD + iis_row("/owa/auth/logon.aspx") * 20)
    nul = IIS_HEAD + iis_row("/owa/a\0b") + "\0" * 300 + "\n" + iis_row("/owa/") + "too short\n"
    (logs / "u_ex210304.log").write_text(nul)
    long_line = IIS_HEAD + iis_row("/owa/") + "x" * (9 << 20) + "\n" + iis_row("/ecp/")
    (logs / "u_ex210305.log").write_text(long_line)
    events = folder / "C" / "Windows" / "System32" / "winevt" / "Logs"
    events.mkdir(parents=True)
    (events / "Security.evtx").write_bytes(b"ElfFile\0" + b"\0" * 500)
    with zipfile.ZipFile(folder / "outside.zip", "w") as archive:
        archive.writestr("../../outside.log", IIS_HEAD + iis_row("/owa/"))
        archive.writestr("inside/u_ex210306.log", IIS_HEAD + iis_row("/owa/"))
    (folder / "empty.zip").write_bytes(b"")
    (folder / "locked.zip").write_bytes(_locked_zip(folder))
    return folder


def _locked_zip(folder: Path) -> bytes:
    """A zip whose member says that it is encrypted (bit 0 of its flags)."""
    path = folder / "making.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("u_ex.log", IIS_HEAD)
    data = bytearray(path.read_bytes())
    path.unlink()
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)
