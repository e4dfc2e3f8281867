"""Columns as text, and that text as it is compared without case."""

from __future__ import annotations

import polars as pl

from hevesy.sigma.atom import fold

__all__ = ["as_text", "beyond_ascii", "fold_series"]

_FEW = 64
"""So many values are folded one by one in Python, more in columns."""
_RARE = 20
"""One value in so many with letters outside ASCII is folded by itself, more in columns."""


def as_text(values: pl.Series) -> pl.Series:
    """Each value as Sigma sees it: whole numbers without point, `true`, ISO 8601 times in UTC."""
    dtype = values.dtype
    if dtype == pl.String:
        return values
    if dtype.is_float():
        whole = (values == values.floor()) & (values.abs() < 2.0**53)
        frame = pl.DataFrame({"value": values, "whole": whole})
        text = pl.when("whole").then(pl.col("value").cast(pl.Int64, strict=False).cast(pl.String))
        return frame.select(text.otherwise(pl.col("value").cast(pl.String)))["value"]
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        utc = values.dt.convert_time_zone("UTC") if zone else values
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + zone)
    if dtype.is_decimal():
        return values.cast(pl.String).str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration):
        return pl.Series(values.name, [None] * len(values), dtype=pl.String)
    return values.cast(pl.String)


def fold_series(text: pl.Series) -> pl.Series:
    """`hevesy.sigma.atom.fold` of every value."""
    if len(text) <= _FEW:
        folded = [None if value is None else fold(value) for value in text.to_list()]
        return pl.Series(folded, dtype=pl.String)
    beyond = beyond_ascii(text)
    lower = text.str.to_lowercase()
    if beyond.is_empty():
        return lower
    if len(beyond) * _RARE < len(text):
        return lower.scatter(beyond, [fold(value) for value in text.gather(beyond).to_list()])
    text = text.str.replace_all("\u212a", "\uf8fe", literal=True)
    text = text.str.replace_all("\u0130", "\uf8ff", literal=True)
    return text.str.to_lowercase().str.replace_all("ς", "σ", literal=True)  # noqa: RUF001  # the Greek letter is meant


def beyond_ascii(text: pl.Series) -> pl.Series:
    """The numbers of the values that hold a letter outside ASCII."""
    size, letters = text.str.len_bytes(), text.str.len_chars()
    if size.sum() == letters.sum():
        return pl.Series(dtype=pl.UInt32)
    return (size != letters).arg_true()
