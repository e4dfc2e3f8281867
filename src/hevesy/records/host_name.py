"""Names of servers as rows carry them -> short names, of which a malformed row invents none."""

from __future__ import annotations

import polars as pl

__all__ = ["NAMELESS", "host_names"]

NAMELESS = "rows whose server is no host name, counted under their collection's server"
"""What a survey notes of them; their number follows."""

_HOST = r"^\s*([A-Za-z0-9_-]{1,63})(?:\.[\w.-]*)?\s*$"
_ADDRESS = r"^\s*([0-9]{1,3}(?:\.[0-9]{1,3}){3})\s*$"
_DIGITS = r"^\s*[0-9]+\.[0-9.]*\s*$"
_EMPTY = r"^[\s-]*$"


def _host_name(name: pl.Expr) -> pl.Expr:
    """Short upper-case form of a server's name: `mail01.contoso.example` -> `MAIL01`.

    An IPv4 address stays whole. Null for what is no host name: more than 63 characters before the
    first dot, or others than ASCII letters, digits, `-` and `_` (the labels of RFC 1123, and the
    `_` that NetBIOS names allow), or no letter and no digit.
    """
    short = name.str.extract(_HOST)
    usable = short.str.contains("[A-Za-z0-9]") & ~name.str.contains(_DIGITS)
    return pl.coalesce(name.str.extract(_ADDRESS), pl.when(usable).then(short.str.to_uppercase()))


def _nameless(name: pl.Expr) -> pl.Expr:
    """Whether a cell holds something, but no host name; an empty one (`-`) says nothing wrong."""
    return (~name.str.contains(_EMPTY) & _host_name(name).is_null()).fill_null(value=False)


def host_names(names: pl.Series) -> pl.DataFrame:
    """`server` and `nameless` of each name; each is looked at once, however many rows carry it."""
    name = pl.col("name")
    known = names.unique().drop_nulls().alias("name").to_frame()
    known = known.with_columns(server=_host_name(name), nameless=_nameless(name))
    return (
        names.alias("name")
        .to_frame()
        .select(
            server=name.replace_strict(
                known["name"], known["server"], default=None, return_dtype=pl.String
            ),
            nameless=name.is_in(known.filter("nameless")["name"].implode()).fill_null(value=False),
        )
    )
