"""What a path says of a file."""

from __future__ import annotations

import pytest

from hevesy.records.places import extension, in_web_root, is_log


@pytest.mark.parametrize(
    "path",
    [
        "c/inetpub/wwwroot/x.aspx",
        "uploads/auto/c%3a/inetpub/wwwroot/aspnet_client/x.aspx",
        "e/exchange2016/frontend/httpproxy/owa/auth/x.aspx",
        "fs/d:/program files/microsoft/exchange server/v15/clientaccess/owa/auth/x.aspx",
        "aspnet_client/system_web/x.aspx",
        "owa/auth/current/x.aspx",
        "httpproxy/ecp/auth/timeoutlogout.aspx",
    ],
)
def test_web_roots_of_any_drive_and_collection(path: str) -> None:
    """Exchange is looked for on every drive, and bare folders are known by name."""
    assert in_web_root(path)


@pytest.mark.parametrize(
    "path",
    [
        "c/windows/temp/x.aspx",
        "x.aspx",
        "e/exchange/logging/httpproxy/owa/httpproxy_2021030304-1.log",
        "c/windows/microsoft.net/framework64/v4.0.30319/temporary asp.net files/owa/1/2/x.compiled",
        "c/myowa/x.aspx",
    ],
)
def test_no_web_roots(path: str) -> None:
    """Logs and compiled pages lie in folders of the same names."""
    assert not in_web_root(path)


@pytest.mark.parametrize(
    ("path", "ending"),
    [("a/b.tar.gz", "gz"), ("a.b/c", ""), ("x.aspx.", "aspx"), ("x.aspx ", "aspx"), ("", "")],
)
def test_extension(path: str, ending: str) -> None:
    """The last part decides; blanks and dots at the end, which Windows drops, do not hide it."""
    assert extension(path) == ending


def test_logs_are_known_by_content() -> None:
    """A log stays one in a web root, with a byte order mark or without."""
    assert is_log(b"\xef\xbb\xbf#Software: Microsoft Exchange Server")
    assert is_log(b"ElfFile\0")
    assert not is_log(b"<%@ Page")
