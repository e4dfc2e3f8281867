"""Tests of `hevesy.records.recognition` and of the doors of `hevesy.records`."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hevesy.records import PARSERS, parser_for, recognise
from hevesy.tables import KINDS, TABLES, kind_title, later_kinds


def test_every_parser_stands_in_the_tuple_and_has_its_kind() -> None:
    """A file with a `PARSER` that is not in `PARSERS` would never be asked."""
    folder = Path(__file__).parents[2] / "src" / "hevesy" / "records"
    files = [file for file in folder.glob("*.py") if "\nPARSER = " in file.read_text("utf-8")]
    assert len(files) == len(PARSERS)
    assert {parser.kind for parser in PARSERS} == set(KINDS)


def test_a_kind_with_a_table_has_a_parser_that_reads_rows() -> None:
    """And a kind without one is a file kind, whose bytes are scanned."""
    for name, kind in KINDS.items():
        parser = parser_for(name)
        assert parser is not None
        assert (parser.parse is not None) == bool(kind.table)
        assert not kind.table or kind.table in TABLES
    assert parser_for("later:ews") is None


@pytest.mark.parametrize(
    ("head", "path", "kind"),
    [
        (b"#Log-type: EWS Logs\n#Fields: DateTime\n", "a.log", "later:ews"),
        (b"#Log-type: Message Tracking Log\n", "x", "later:message_tracking"),
        (b"regf\0\0\0\0", "c/windows/system32/config/SOFTWARE", "later:registry_hive"),
        (b"FILE0\0\0\0", "c/$MFT", "later:mft"),
        (b"\0\0", "c/$Extend/$UsnJrnl$J", "later:usn_journal"),
        ("\ufeff<Objs Version='1.1'>".encode("utf-16-le"), "a/b.xml", "later:health_checker"),
        (b"[03/12/2021 18:07:22.0903] [0] text\n", "ExchangeSetupLogs/ExchangeSetup.log",
         "later:exchange_setup"),
        (b"#Log-type: Some New Log\n", "a.txt", "unknown"),
        (b"\x00\x01\x02", "Logging/Ews/Ews_1.bin", "unknown"),
        (b"\x00\x01\x02", "x/strange.log", "unknown"),
        (b"The MIT License", "LICENSE", "other"),
        (b'{"collector": "velociraptor"}', "collection_context.json", "other"),
        (b"", "", "other"),
    ],
)  # fmt: skip
def test_files_that_are_not_parsed_are_named(head: bytes, path: str, kind: str) -> None:
    """A kind for later by its content or place, a log nobody knows, or no log at all."""
    assert recognise(head, path) == kind


def test_content_goes_before_place() -> None:
    """A log that was put into another log's folder is what it says it is."""
    iis = b"#Fields: date time s-ip cs-method\n"
    assert recognise(iis, "V15/Logging/HttpProxy/Owa/HttpProxy_1.LOG") == "iis"
    assert recognise(b"#Log-type: EWS Logs\n", "Logging/HttpProxy/a.LOG") == "later:ews"


@pytest.mark.parametrize("beginning", [b"#Fields: date time s-ip\n", b"#Software: x\n", b"regf"])
def test_a_page_that_begins_like_a_log_is_still_scanned(beginning: bytes) -> None:
    """Else one line of text in front of a web shell would hide it."""
    path = "c/inetpub/wwwroot/aspnet_client/x.aspx"
    assert recognise(beginning + b'<%@ Page Language="JScript" %>', path) == "web_file"


def test_kinds_for_later_have_a_title_and_say_what_they_show() -> None:
    """The report names what lies in a collection and is not read yet."""
    for what, kind in later_kinds().items():
        assert kind.title
        assert kind.shows
        assert kind.log_types or kind.magics or kind.contents or kind.paths
        assert kind_title(f"later:{what}") == kind.title
        assert what not in KINDS


def test_real_logs_are_recognised(corpora: Path) -> None:
    """Logs of sixteen kinds, none of them unknown."""
    with zipfile.ZipFile(corpora / "exchange_logs_benign.zip") as archive:
        found = {name: recognise(archive.read(name), name) for name in archive.namelist()}
    logs = {name: kind for name, kind in found.items() if name.lower().endswith(".log")}
    assert len(logs) == 16
    assert all(kind in KINDS or kind.startswith("later:") for kind in logs.values())
