"""Addresses that stand for many are told by how many users came from them, whatever the blocks."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.clients import KEPT, add_up_clients, clients, distinct

BALANCER = "10.20.0.5"


def rows(*cells: tuple[str, str, str, str], place: int = 0, **more: str) -> pl.DataFrame:
    """Rows of an IIS log: address, user, program, status."""
    columns = ["c-ip", "cs-username", "cs(User-Agent)", "sc-status"]
    frame = pl.DataFrame(cells, schema=columns, orient="row")
    return frame.with_columns(
        pl.lit(place, pl.UInt32).alias("_place"),
        *(pl.lit(value).alias(name.replace("_", "-")) for name, value in more.items()),
    )


def many(count: int, address: str = BALANCER, status: str = "200") -> pl.DataFrame:
    """A request each of so many users."""
    return rows(*((address, f"CORP\\user{n}", f"program/{n % 3}", status) for n in range(count)))


def test_a_balancer_stands_for_all_users() -> None:
    """The whole stands first, without address; then those with a tenth of it, most rows first."""
    seen = clients(pl.concat([many(30), rows(("192.0.2.1", "-", "-", "404"))]), "iis")[0]

    assert [(one.address, one.rows) for one in seen] == [("", 31), (BALANCER, 30)]
    assert [distinct(one.accounts) for one in seen] == [30, 30]
    assert distinct(seen[1].agents) == 3


def test_who_is_not_let_in_is_nobody() -> None:
    """An attacker who tries a thousand names from one address stands for himself alone."""
    (_, sprayer) = clients(many(1000, "192.0.2.9", "401"), "iis")[0]

    assert distinct(sprayer.accounts) == 0


def test_monitoring_machines_and_the_back_end_are_no_users() -> None:
    """Health mailboxes and machine accounts come from the server's own monitoring."""
    probes = rows(
        (BALANCER, "HealthMailbox1@x", "AMProbe", "200"), (BALANCER, "CORP\\EX01$", "x", "200")
    )
    inside = rows(("127.0.0.1", "CORP\\a", "x", "200"), ("::1", "CORP\\b", "x", "200"))
    own = rows(("10.1.1.1", "CORP\\a", "x", "200"), s_ip="10.1.1.1")
    back = rows(("10.1.1.2", "CORP\\a", "x", "200"), s_port="444")

    assert distinct(clients(probes, "iis")[0][1].accounts) == 0
    assert clients(inside, "iis") == clients(own, "iis") == clients(back, "iis") == {}


def test_forwarded_addresses_are_counted() -> None:
    """A row whose `X-Forwarded-For` says who asked."""
    named = many(4).with_columns(pl.Series("X-Forwarded-For", ["192.0.2.1", "-", "", "192.0.2.2"]))

    assert clients(named, "iis")[0][1].forwarded == 2


def test_logs_without_clients_have_none() -> None:
    """A log without the columns, or of another kind, says nothing of clients."""
    assert clients(many(3), "ecp_server") == {}
    assert clients(many(3).drop("sc-status"), "iis") == {}
    assert distinct(clients(many(3).drop("cs(User-Agent)"), "iis")[0][0].agents) == 0


@given(st.lists(st.integers(0, 200), min_size=1, max_size=300), st.integers(1, 5))
def test_blocks_add_up_to_the_whole(users: list[int], parts: int) -> None:
    """However a log falls into blocks, the sum is the same; so it is over several logs."""
    whole = rows(*((BALANCER, f"u{n}", "x", "200") for n in users))
    size = -(-len(users) // parts)
    blocks = [whole.slice(start, size) for start in range(0, len(users), size)]

    expected = clients(whole, "iis")[0]
    assert add_up_clients(clients(block, "iis")[0] for block in blocks) == expected
    assert add_up_clients([()]) == ()


@pytest.mark.parametrize("count", [0, 1, KEPT - 1, 1000, 50_000])
def test_distinct_values_are_told_well_enough(count: int) -> None:
    """Exact for a few, within a third for many: it is asked whether they are many at all."""
    values = pl.DataFrame({"n": range(count)}, schema={"n": pl.Int64})
    sketch = values["n"].cast(pl.String).hash(0).sort().head(KEPT).to_list()
    near = distinct(tuple(sketch))

    assert near == count if count < KEPT else abs(near - count) < count / 3


def test_one_row_in_several_is_enough() -> None:
    """A large block is sampled; the numbers stand for all of it."""
    (whole, _) = clients(many(100), "iis", every=4)[0]

    assert (whole.rows, distinct(whole.accounts)) == (100, 25)
