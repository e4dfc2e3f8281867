"""What is followed of what succeeded, and what would follow everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.detection import HITS
from hevesy.incident import SHELLS, followed_pivots

if TYPE_CHECKING:
    from collections.abc import Callable

NO_SHELLS = pl.DataFrame(schema=SHELLS)


def test_an_address_that_stands_for_many_is_not_followed(make_hit: Callable[..., Any]) -> None:
    """Everybody's requests would come after the balancer's; on another server it is an attacker."""
    pivots = ["ip:10.0.0.5", "ip:192.0.2.7", "request:1"]
    hits = pl.DataFrame(
        [make_hit(pivots=pivots), make_hit(pivots=pivots, server="EX02")], schema=HITS
    )

    followed = followed_pivots(hits, NO_SHELLS, {"EX01": frozenset({"ip:10.0.0.5"})})

    addresses = followed.filter(type="ip").select("server", "value").rows()
    assert addresses == [("EX01", "192.0.2.7"), ("EX02", "10.0.0.5"), ("EX02", "192.0.2.7")]
    assert followed_pivots(hits, NO_SHELLS).filter(type="ip").height == 4
