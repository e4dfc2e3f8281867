"""Signs in records that a server runs Exchange, where the log kind alone does not show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.tables.iis import EXCHANGE_STEMS

if TYPE_CHECKING:
    from hevesy.records import Batch

__all__ = ["exchange_signs"]

_NEEDED = {"iis": {"cs-uri-stem", "sc-status"}, "windows": {"Provider_Name"}}
"""Columns without which a table shows no sign; a header may lack them."""


def exchange_signs(batch: Batch) -> list[tuple[str, str]]:
    """Signs that servers run Exchange.

    Returns:
        Pairs of a server's name (empty where the rows carry none) and the sign in words.
    """
    frame = batch.frame
    if not frame.height or not _NEEDED.get(batch.table, {""}) <= set(frame.columns):
        return []
    if batch.table == "iis":
        signs = frame.filter(
            pl.col("cs-uri-stem").str.contains(EXCHANGE_STEMS) & (pl.col("sc-status") < 400)  # noqa: PLR2004  # HTTP: an answer, not an error
        ).select("server", sign=pl.lit("its web server answered for ") + pl.col("cs-uri-stem"))
    elif batch.table == "windows":
        provider = pl.col("Provider_Name")
        signs = frame.filter(provider.str.starts_with("MSExchange")).select(
            "server", sign=pl.lit("events of ") + provider
        )
    else:
        return []
    first = signs.with_columns(pl.col("server").fill_null("")).unique(
        "server", keep="first", maintain_order=True
    )
    return sorted(first.iter_rows())
