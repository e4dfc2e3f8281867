"""The `EventData` column of ECP logs: pairs `TYPE:KEY=VALUE` joined by `;`.

A pair whose value needs it is wrapped in `'...'`, with `''` inside; the whole field may in turn be
a CSV field in `"..."`, with `""` inside.
"""

from __future__ import annotations

import polars as pl

__all__ = ["pairs", "unquoted"]

_PAIR = r"'(?:[^']|'')*'(?:;|$)|[^;]+"


def unquoted(cell: pl.Expr) -> pl.Expr:
    """A cell that takes the rest of its row, without the CSV quotes around it, if there are any.

    A quote that is never closed, as in a row that was cut off, is taken away too.
    """
    inside = (
        cell.str.strip_prefix('"').str.strip_suffix('"').str.replace_all('""', '"', literal=True)
    )
    return pl.when(cell.str.starts_with('"')).then(inside).otherwise(cell)


def pairs(rows: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """A column for each key: the value of its first pair, quotes taken away, `<null>` as null.

    Args:
        rows: with the column `EventData`, unquoted.
        keys: key as the log has it, upper case -> name of the column.

    Returns:
        The columns of `keys`, a row for each row, in order.
    """
    numbered = rows.select("EventData").with_row_index("_row")
    quoted = pl.col("EventData").str.contains("'", literal=True)
    split = pl.concat(
        (
            numbered.filter(~quoted).with_columns(pl.col("EventData").str.split(";")),
            numbered.filter(quoted).with_columns(pl.col("EventData").str.extract_all(_PAIR)),
        )
    )
    pair = split.explode("EventData").filter(pl.col("EventData").str.len_bytes() > 0)
    is_quoted = pl.col("EventData").str.starts_with("'")
    inside = (
        pl.col("EventData").str.strip_suffix(";").str.slice(1).str.strip_suffix("'")
    ).str.replace_all("''", "'", literal=True)
    pair = pair.with_columns(EventData=pl.when(is_quoted).then(inside).otherwise("EventData"))
    parts = pair.select(
        "_row", pl.col("EventData").str.splitn("=", 2).struct.rename_fields(["key", "value"])
    ).unnest("EventData")
    parts = parts.with_columns(
        key=pl.col("key").str.to_uppercase().str.extract(r"^\s*\w+:(.*)$"),
        value=pl.when(pl.col("value") != "<null>").then("value"),
    )
    found = numbered.select("_row")
    for key, name in keys.items():
        one = parts.filter(pl.col("key") == key).unique("_row", keep="first", maintain_order=True)
        found = found.join(
            one.select("_row", value=pl.col("value").alias(name)).rename({"value": name}),
            on="_row",
            how="left",
            maintain_order="left",
        )
    return found.drop("_row")
