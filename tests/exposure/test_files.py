"""Which files tell something of exposure, and reading those of an estate."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hevesy.exposure.files
from hevesy.exposure.files import KINDS, ExposureFile, file_kind, read_file, read_files
from hevesy.knowledge import ExchangeKnowledge, load_exchange

_CLIXML = b'<Objs Version="1.1.0.1">'


@pytest.mark.parametrize(
    ("head", "path", "kind"),
    [
        (b"MZ\x90", "C:\\Exchange\\Bin\\ExSetup.exe", "exsetup"),
        (b"MZ\x90", "C:\\Windows\\notepad.exe", ""),
        (b"regf", "config/SOFTWARE", "registry"),
        (_CLIXML, "HealthChecker-EX01-1.xml", "health_checker"),
        (_CLIXML, "Get-ExchangeServer.xml", "objects"),
        (b"[03/12/2021 18:07:22.0903] [0] Starting Microsoft Exchange", "x.log", "setup_log"),
        (b"<configuration>", "inetsrv/config/applicationHost.config", "application_host"),
        (b"<configuration>", "wwwroot\\web.config", "web_config"),
        (b"Name,Build\nA,15.1.2375.7\n", "list.csv", "inventory"),
        (b"<configuration>", "other.config", ""),
        (b"", "empty", ""),
    ],
)
def test_files_are_known_by_what_they_are(head: bytes, path: str, kind: str) -> None:
    """Content decides before a name does; a file of nothing is left alone."""
    assert file_kind(head, path) == kind


def test_an_estate_is_read_as_one(known: ExchangeKnowledge) -> None:
    """Files of several servers, a broken one among them: the others are read."""
    rule = (
        b'<configuration><rewrite><rules><rule name="PowerShell - inbound" stopProcessing="true">'
        b'<match url=".*"/><conditions><add input="{UrlDecode:{REQUEST_URI}}" '
        b'pattern="(?=.*autodiscover)(?=.*powershell)"/></conditions>'
        b'<action type="AbortRequest"/></rule></rules></rewrite></configuration>'
    )
    clear = b"<configuration><rewrite><rules><clear/></rules></rewrite></configuration>"
    site, owa = "C:\\inetpub\\wwwroot\\web.config", "C:\\E\\FrontEnd\\HttpProxy\\owa\\web.config"
    files = [
        ExposureFile(b"name,build\nEX01,15.1.2375.7\nEX02,oops\n", "i.csv", "i.csv"),
        ExposureFile(rule, "1/web.config", site, "EX01"),
        ExposureFile(clear, "1/owa/web.config", owa, "EX01"),
        ExposureFile(rule, "3/web.config", site, "EX03"),
        ExposureFile(b"<configuration>", "3/applicationHost.config", "applicationHost.config"),
        ExposureFile(b"?", "what.bin", "what.bin"),
    ]
    servers, problems = read_files(files, known)

    assert [server.name for server in servers] == ["EX01", "EX03"]
    assert not servers[0].mitigations[0].active
    assert servers[1].mitigations[0].active
    assert problems == (
        "i.csv:3: no Exchange build: 'oops'",
        (
            "3/applicationHost.config: cannot be read: line 1: ends too early, "
            "<configuration> of line 1 is not closed"
        ),
        "what.bin: says nothing of builds or settings",
    )


def test_every_reader_is_in_the_visible_tuple() -> None:
    """A kind that nobody asks for is never read."""
    source = Path(hevesy.exposure.files.__file__).read_text(encoding="utf-8")

    assert all(source.count(f'"{kind}"') >= 2 for kind in KINDS)


_KNOWN = load_exchange()


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            "ExSetup.exe",
            "SOFTWARE",
            "HealthChecker-a-b.xml",
            "x.xml",
            "x.log",
            "web.config",
            "applicationHost.config",
            "x.csv",
        ]
    ),
)
def test_no_bytes_raise(data: bytes, path: str) -> None:
    """Hostile evidence is a problem that is named, never an error."""
    for start in (b"", b"MZ", b"regf", _CLIXML, b"{", b"Name,Build\n"):
        reading = read_file(ExposureFile(start + data, path, path, "EX01"), _KNOWN)
        assert all(path in problem for problem in reading.problems)
