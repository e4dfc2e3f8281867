"""From which addresses requests came, and for how many each may stand: a load balancer's does.

Distinct users are not counted but sketched, so that what blocks and sources saw adds up: of the
hashes of all values the smallest are kept (k minimum values, Bar-Yossef et al., 2002). Up to `KEPT`
distinct values the count is exact, beyond that it is right within some 15 percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import ClientSeen

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CLIENT_COLUMNS", "KEPT", "WEIGHT", "add_up_clients", "clients", "distinct"]

KEPT = 48
"""Hashes of a sketch."""

_SHARE = 0.1
"""Part of the rows from which on an address may be one that stands for many."""
_MOST = 64
"""Addresses that are kept of several blocks, those with most rows."""
_ALL = ""

_COLUMNS = {
    "iis": ("c-ip", "cs-username", "cs(User-Agent)", "sc-status"),
    "httpproxy": ("ClientIpAddress", "AuthenticatedUser", "UserAgent", "HttpStatus"),
}
_FORWARDED = "X-Forwarded-For"
CLIENT_COLUMNS = {
    kind: (*columns, "s-ip", "s-port", _FORWARDED) for kind, columns in _COLUMNS.items()
}
"""Columns that are looked at, by log kind; a log may lack the program and the last three."""
WEIGHT = "_weight"
"""Column of a sample: how many rows each of its rows stands for."""
_OWN = r"^(?:127\.|::1|fe80:|-?$)"
_BACK_END = "444"
_NOBODY = r"^-?$|healthmailbox|\$$|\$@"
"""Users that stand for nobody: monitoring mailboxes and machines."""
_REFUSED = "4"
"""Statuses from which on, as text, the server let nobody in: `401`, `500`."""
_RANGE = 2**64


def clients(
    rows: pl.DataFrame, kind: str, *, every: int = 1, sample: pl.DataFrame | None = None
) -> dict[int, tuple[ClientSeen, ...]]:
    """Addresses with at least a tenth of the outside rows of each `_place`, and all together.

    Rows of the back end and of the server itself are left out: there the front end asks. A user
    counts where the server let it in; who only tries names is nobody.

    Args:
        rows: `_place` and the cells of the log, as text.
        kind: of the log; only `iis` and `httpproxy` have clients.
        every: look at one row in so many, and count it as that many.
        sample: further rows, of those that were passed over, with `WEIGHT`.
    """
    if kind not in _COLUMNS:
        return {}
    if rows.is_empty() and sample is None:
        return {}
    looked_at = rows if every == 1 else rows.gather_every(every)
    parts = [_asked(looked_at, pl.len() * every, *_COLUMNS[kind])]
    if sample is not None and not sample.is_empty():
        parts.append(_asked(sample, pl.col(WEIGHT).sum(), *_COLUMNS[kind]))
    asked = pl.concat([part for part in parts if part is not None] or [pl.DataFrame()])
    if asked.is_empty():
        return {}
    found: dict[int, list[ClientSeen]] = {}
    for place, *rest in _seen(asked, pl.lit(_ALL)).iter_rows():
        found[place] = [_client(*rest)]
    least = {place: _SHARE * seen[0].rows for place, seen in found.items()}
    for place, name, count, *rest in _seen(asked, pl.col("address")).iter_rows():
        if count >= least[place]:
            found[place].append(_client(name, count, *rest))
    return {place: tuple(sorted(seen, key=_order)) for place, seen in found.items()}


def _client(
    name: str, count: int, forwarded: int, accounts: list[int], agents: list[int]
) -> ClientSeen:
    return ClientSeen(name, count, forwarded, tuple(accounts), tuple(agents))


def _order(one: ClientSeen) -> tuple[bool, int, str]:
    return one.address != _ALL, -one.rows, one.address


def _asked(
    rows: pl.DataFrame, count: pl.Expr, address: str, account: str, agent: str, status: str
) -> pl.DataFrame | None:
    """Who asked with which program, each once: far fewer than rows, and all else is done on them.

    Returns:
        `_place address account agent rows let_in forwarded`, of what came from outside; None where
        the log does not tell.
    """
    if not {address, account, status} <= set(rows.columns):
        return None
    names = set(rows.columns)
    own = [name for name in ("s-ip", "s-port") if name in names]
    program = [agent] if agent in names else []
    passed = pl.col(_FORWARDED) if _FORWARDED in names else pl.lit("-")
    distinct_rows = (
        rows.lazy()
        .group_by("_place", address, account, *program, *own)
        .agg(
            rows=count.cast(pl.Int64),
            let_in=(pl.col(status) < _REFUSED).any(),
            forwarded=(~passed.is_in(["-", ""])).mean(),
        )
        .filter(~pl.col(address).str.contains(_OWN))
    )
    if "s-ip" in own:
        distinct_rows = distinct_rows.filter(pl.col(address).ne_missing(pl.col("s-ip")))
    if "s-port" in own:
        distinct_rows = distinct_rows.filter(pl.col("s-port").ne_missing(pl.lit(_BACK_END)))
    return distinct_rows.select(
        "_place",
        "rows",
        "let_in",
        address=address,
        account=account,
        agent=agent if program else pl.lit("-"),
        forwarded=pl.col("forwarded").cast(pl.Int64)
        if _FORWARDED in names
        else pl.lit(0, pl.Int64),
    ).collect()


def _seen(asked: pl.DataFrame, address: pl.Expr) -> pl.DataFrame:
    """`_place address rows forwarded accounts agents` by place and address."""
    account, agent = pl.col("account").str.to_lowercase(), pl.col("agent")
    counts = pl.col("let_in") & ~account.str.contains(_NOBODY)
    return asked.group_by("_place", address=address).agg(
        pl.col("rows").sum(),
        pl.col("forwarded").sum().round().cast(pl.Int64),
        accounts=_sketch(account.filter(counts)),
        agents=_sketch(agent.filter(~agent.is_in(["-", ""]))),
    )


def _sketch(values: pl.Expr) -> pl.Expr:
    return values.hash(0).unique().bottom_k(KEPT).sort()


def add_up_clients(several: Iterable[tuple[ClientSeen, ...]]) -> tuple[ClientSeen, ...]:
    """What several blocks or sources saw, by address; all together first, then by rows."""
    found: dict[str, list[ClientSeen]] = {}
    for clients_seen in several:
        for one in clients_seen:
            found.setdefault(one.address, []).append(one)
    summed = [_sum(address, seen) for address, seen in found.items()]
    summed.sort(key=_order)
    return tuple(summed[: _MOST + 1])


def distinct(sketch: tuple[int, ...]) -> int:
    """About how many distinct values a sketch is of."""
    if len(sketch) < KEPT:
        return len(sketch)
    return round((KEPT - 1) * _RANGE / max(sketch))


def _sum(address: str, seen: list[ClientSeen]) -> ClientSeen:
    if len(seen) == 1:
        return seen[0]
    return ClientSeen(
        address,
        sum(one.rows for one in seen),
        sum(one.forwarded for one in seen),
        _smallest(one.accounts for one in seen),
        _smallest(one.agents for one in seen),
    )


def _smallest(sketches: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted(set().union(*sketches))[:KEPT])
