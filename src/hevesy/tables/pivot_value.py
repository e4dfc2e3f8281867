"""What a column's cell is as a pivot: the value that two records may share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from hevesy.tables.table import Column

__all__ = ["FORWARDED", "forwarded_address", "pivot_value"]

FORWARDED = "X-Forwarded-For"
_PORT = r"^((?:\d{1,3}\.){3}\d{1,3}):\d+$"
_BRACKETS = r"^\[([0-9a-f:.]+)\](?::\d+)?$"


def pivot_value(column: Column) -> pl.Expr:
    """The value of a column as a pivot has it, lower case; null where there is none.

    Args:
        column: With `pivot`.
    """
    value = pl.col(column.name).cast(pl.String()).str.to_lowercase()
    return forwarded_address(value) if column.name == FORWARDED else value


def forwarded_address(value: pl.Expr) -> pl.Expr:
    """Who asked, of a lower-case `X-Forwarded-For`: `192.0.2.7` of `10.1.1.1,+192.0.2.7:51234`.

    Each proxy adds the address that it was asked from at the end, so that the last one is what the
    server's own balancer saw; those before it are whatever the client wrote (RFC 7239, 8.1).
    """
    last = value.str.split(",").list.last().str.strip_chars(' +"')
    return last.str.replace(_PORT, "$1").str.replace(_BRACKETS, "$1")
