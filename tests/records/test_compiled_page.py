"""What ASP.NET leaves of a page that ran."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.compiled_page import PARSER, CompiledPage, read_compiled, recognise

FOLDER = "c/windows/microsoft.net/framework64/v4.0.30319/temporary asp.net files/owa/1/2/"
XML = """<?xml version="1.0" encoding="utf-8"?>
<preserve resultType="3" virtualPath="/owa/auth/x.aspx" hash="1" filehash="2" flags="110000"
  assembly="App_Web_abcdefgh" type="ASP.auth_x_aspx">
    <filedeps>
        <filedep name="/owa/auth/x.aspx" />
        <filedep name="/owa/auth/y.master" />
    </filedeps>
</preserve>"""
PAGE = CompiledPage(
    "/owa/auth/x.aspx",
    "ASP.auth_x_aspx",
    "App_Web_abcdefgh",
    ("/owa/auth/x.aspx", "/owa/auth/y.master"),
)


@pytest.mark.parametrize(
    "data",
    [XML.encode(), b"\xef\xbb\xbf" + XML.encode(), XML.replace("utf-8", "utf-16").encode("utf-16")],
)
def test_a_compiled_page_names_its_page(data: bytes) -> None:
    """Virtual path, class, assembly and the files it was made from."""
    assert read_compiled(data) == PAGE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        XML.encode()[:-12],
        b"<preserve/>",
        b"<other virtualPath='/x'/>",
        XML.replace("utf-8", "no-such-encoding").encode(),
        XML.encode() + b" " * 1024 * 1024,
    ],
)
def test_damaged_files_are_none(data: bytes) -> None:
    """Cut, empty, foreign or endless: None, never an exception."""
    assert read_compiled(data) is None


def test_a_dtd_is_refused() -> None:
    """No entity is expanded, and nothing is fetched."""
    bomb = '<!DOCTYPE preserve [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    head, body = XML.split("\n", 1)
    assert read_compiled(f"{head}\n{bomb}\n{body}".encode()) is None
    external = '<!DOCTYPE preserve SYSTEM "file:///etc/hostname">'
    assert read_compiled(f"{head}\n{external}\n{body}".encode()) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_none(data: bytes) -> None:
    """Nothing is raised."""
    assert read_compiled(data) is None or isinstance(read_compiled(data), CompiledPage)


def test_recognised_by_name_and_folder() -> None:
    """`*.compiled` anywhere; assemblies of pages only where ASP.NET puts them."""
    assert recognise(b"", FOLDER + "x.aspx.1.compiled")
    assert recognise(b"MZ", FOLDER + "app_web_abcdefgh.dll")
    assert not recognise(b"MZ", "c/temp/app_web_abcdefgh.dll")
    assert not recognise(b"MZ", FOLDER + "other.dll")
    assert not recognise(b"ElfFile\0", "x.compiled")
    assert (PARSER.kind, PARSER.parse) == ("compiled_page", None)
