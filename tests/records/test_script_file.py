"""Scripts and pages outside a web root."""

from __future__ import annotations

import pytest

from hevesy.records.script_file import PARSER, recognise


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"", "c/programdata/x.ps1"),
        (b"", "c/windows/temp/run.bat"),
        (b"", "c/perflogs/x.aspx"),
        (b'\xef\xbb\xbf<%@ Page Language="JScript" %>', "c/temp/x.txt"),
        ('<%@ webhandler Language="C#" %>'.encode("utf-16-le"), "c/temp/x"),
        (b"<?php echo 1;", "c/temp/x.gif"),
        (b"<%eval%>", "c/temp/x.cer"),
    ],
)
def test_scripts_and_pages(head: bytes, path: str) -> None:
    """By ending, or by beginning as a page does."""
    assert recognise(head, path)


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"", "c/inetpub/wwwroot/x.aspx"),
        (b"0\x82\x03", "c/certs/root.cer"),
        (b"hello", "c/temp/x.txt"),
        (b"ElfFile\0", "c/temp/x.ps1"),
    ],
)
def test_what_is_none(head: bytes, path: str) -> None:
    """Files of a web root are web files; certificates, texts and logs are no scripts."""
    assert not recognise(head, path)
    assert (PARSER.kind, PARSER.parse) == ("script_file", None)
