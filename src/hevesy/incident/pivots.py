"""Which values of what succeeded are worth following, and which join findings to a chain."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FOLLOWED", "deepest", "followed_pivots", "joins"]

FOLLOWED: dict[str, pl.DataType] = {
    "server": pl.String(),
    "type": pl.String(),
    "value": pl.String(),
}
"""Values to gather all records of, by server."""

_SYSTEM_ACCOUNTS = (
    "$",
    "system",
    "local service",
    "network service",
    "iusr",
    "anonymous logon",
    "-",
)

_MAX_VALUES = 500
"""Values of a type followed for one server; more would be a scan of everything."""


def followed_pivots(
    hits: pl.DataFrame,
    shells: pl.DataFrame,
    shared: Mapping[str, frozenset[str]] | None = None,
) -> pl.DataFrame:
    """Addresses, shells, accounts and request ids of what succeeded.

    Args:
        hits: `HITS`, with `server` filled and outcomes confirmed.
        shells: `hevesy.incident.shells.SHELLS`.
        shared: Pivots that stand for many, by server: behind a load balancer its address would
            follow everybody.

    Returns:
        A frame of `FOLLOWED`, sorted.
    """
    anchored = hits.filter(pl.col("anchor"), pl.col("outcome") == Outcome.SUCCESS)
    rows = (
        anchored.select(pl.col("server").cast(pl.String()), pivot="pivots")
        .explode("pivot")
        .drop_nulls()
        .unique()
        .with_columns(
            type=pl.col("pivot").str.extract(r"^([a-z0-9]+):", 1),
            value=pl.col("pivot").str.replace(r"^[a-z0-9]+:", ""),
        )
        .filter(pl.col("type").is_in(["ip", "request", "account"]))
    )
    many = shared or {}
    kept = [
        joins(pivot) and pivot not in many.get(server, frozenset())
        for server, pivot in rows.select("server", "pivot").iter_rows()
    ]
    values = pl.concat(
        [
            rows.filter(pl.Series(kept, dtype=pl.Boolean())).select("server", "type", "value"),
            shells.select("server", type=pl.lit("page"), value="page"),
        ]
    )
    return (
        values.unique()
        .sort("server", "type", "value")
        .group_by("server", "type", maintain_order=True)
        .head(_MAX_VALUES)
        .select(*FOLLOWED)
    )


def joins(pivot: str) -> bool:
    """Whether two findings that share a pivot belong together because of it.

    Loopback and link-local addresses, machine and system accounts are shared by everybody; a page
    joins only where it is a shell, which the caller knows.
    """
    kind, _, value = pivot.partition(":")
    if kind == "ip":
        try:
            address = ipaddress.ip_address(value.split("%")[0])
        except ValueError:
            return False
        return not (address.is_loopback or address.is_link_local or address.is_unspecified)
    if kind == "account":
        name = value.rsplit("\\", 1)[-1].split("@")[0]
        is_machine = name.endswith("$") or name.startswith("healthmailbox")
        return bool(name) and not is_machine and name not in _SYSTEM_ACCOUNTS
    return kind in {"file", "request", "process", "sha256"}


def deepest(stages: list[Stage]) -> Stage:
    """The stage furthest along the ladder."""
    return max(stages, key=lambda stage: stage.rank)
