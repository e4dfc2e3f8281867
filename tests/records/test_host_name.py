"""Which texts are names of servers."""

from __future__ import annotations

import polars as pl
import pytest

from hevesy.records.host_name import host_names


@pytest.mark.parametrize(
    ("text", "name", "odd"),
    [
        ("mxs01.contoso.com", "MXS01", False),
        (" Mail_01-a ", "MAIL_01-A", False),
        ("10.0.0.1", "10.0.0.1", False),
        ("a" * 63, "A" * 63, False),
        ("a" * 64, None, True),
        ("", None, False),
        ("-", None, False),
        (None, None, False),
        (".", None, True),
        ("15.01.2375.007", None, True),
        ("/owa/auth.owa", None, True),
        ("index.aspx?a=b c", None, True),
        ("mail 01", None, True),
        ("m\u00e4il01", None, True),
        ("\u212aMAIL", None, True),
    ],
)
def test_only_a_host_name_names_a_server(text: str | None, name: str | None, odd: bool) -> None:  # noqa: FBT001  # a column of the cases
    """Servers are brought together by short names; a malformed row must not invent one."""
    found = host_names(pl.Series([text, "b.c", None, text], dtype=pl.String))
    assert found.rows() == [(name, odd), ("B", False), (None, False), (name, odd)]
