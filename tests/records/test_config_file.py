"""Configuration files of IIS and Exchange."""

from __future__ import annotations

import pytest

from hevesy.records.config_file import PARSER, recognise


@pytest.mark.parametrize(
    "path",
    [
        "c/inetpub/wwwroot/web.config",
        "c/windows/system32/inetsrv/config/applicationhost.config",
        "administration.config",
        "redirection.config",
        "e/exchange/transportroles/shared/agents.config",
        "e/exchange/bin/edgetransport.exe.config",
        "iis/defaultwebsite-owa_web.config",
        "badapplicationhost.config",
        "applicationhost1.config",
    ],
)
def test_names(path: str) -> None:
    """By name, malformed or not, on any drive."""
    assert recognise(b"", path)


@pytest.mark.parametrize(
    "path", ["machine.config", "web.config.txt", "x/user.config", "cobweb.config"]
)
def test_other_names(path: str) -> None:
    """Configuration of other programs is none."""
    assert not recognise(b"<configuration>", path)


def test_a_log_of_that_name_is_a_log() -> None:
    """Content beats path."""
    assert not recognise(b"#Fields: x", "web.config")
    assert (PARSER.kind, PARSER.parse) == ("config_file", None)
