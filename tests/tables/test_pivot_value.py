"""Who asked in truth is the last address that proxies passed on, however it is written."""

from __future__ import annotations

import polars as pl
import pytest

from hevesy.tables import TABLES, forwarded_address, pivot_value


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("10.9.9.9,+192.0.2.7", "192.0.2.7"),
        ("10.9.9.9, 192.0.2.7:51234", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ('"[2001:db8::7]"', "2001:db8::7"),
        ("a lie,+192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        (None, None),
    ],
)
def test_the_last_address_counts(cell: str | None, address: str | None) -> None:
    """What stands before it, whoever asked may have written himself."""
    frame = pl.DataFrame({"x": [cell]}, schema={"x": pl.String()})

    assert frame.select(forwarded_address(pl.col("x"))).item() == address


def test_other_columns_are_what_they_are() -> None:
    """Lower case, and a comma in a user's name cuts nothing off."""
    columns = {column.name: column for column in TABLES["iis"].columns}
    frame = pl.DataFrame({"cs-username": ["CORP\\A,B"], "X-Forwarded-For": ["1.1.1.1,+2.2.2.2"]})

    account, address = (columns[name] for name in ("cs-username", "X-Forwarded-For"))
    assert frame.select(pivot_value(account)).item() == "corp\\a,b"
    assert frame.select(pivot_value(address)).item() == "2.2.2.2"
