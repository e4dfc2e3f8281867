"""An Exchange build as logs write it, in columns."""

from __future__ import annotations

import polars as pl

__all__ = ["build_number"]


def build_number(text: pl.Expr) -> pl.Expr:
    """An Exchange build without zero padding; null where the text is none (`15.0.0.0`)."""
    parts = text.str.extract_groups(r"^0*(\d{1,2})\.0*(\d{1,3})\.0*(\d{1,5})\.0*(\d{1,5})$").struct
    number = pl.concat_str([parts.field(str(one)) for one in range(1, 5)], separator=".")
    is_build = parts.field("1").is_in(["8", "14", "15"]) & (parts.field("3") != "0")
    return pl.when(is_build).then(number)
