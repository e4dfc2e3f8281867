"""Files below a web root."""

from __future__ import annotations

import pytest

from hevesy.records.web_file import PARSER, recognise

ROOT = "c/inetpub/wwwroot/"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"", "x.aspx"),
        (b"MZ", "bin/x.dll"),
        (b"MDMP", "lsass.dmp"),
        (b"7z\xbc\xaf", "logo.gif"),
        (b"<% eval %>", "x.unknown"),
        ("<%@ Page".encode("utf-16-le"), "readme"),
        (b"", "x.aspx.req"),
    ],
)
def test_pages_programs_and_loot(head: bytes, name: str) -> None:
    """By ending; by content where a picture is none or another file holds code."""
    assert recognise(head, ROOT + name)


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"GIF89a", ROOT + "logo.gif"),
        (b"body {", ROOT + "x.css"),
        (b"#Software: x", ROOT + "x.txt"),
        (b"<configuration>", ROOT + "web.config"),
        (b"<% %>", "c/temp/x.aspx"),
    ],
)
def test_what_is_none(head: bytes, path: str) -> None:
    """Pictures and styles, logs, configuration, and what lies elsewhere."""
    assert not recognise(head, path)


def test_it_is_a_file_kind() -> None:
    """Files are scanned and not parsed."""
    assert (PARSER.kind, PARSER.parse) == ("web_file", None)
