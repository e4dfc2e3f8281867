"""A load balancer's address is told by the users behind it; an attacker's never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy.assessment.shared_clients import shared_clients
from hevesy.records.clients import clients

if TYPE_CHECKING:
    from hevesy.model import ClientSeen

BALANCER = "10.20.0.5"
ATTACKER = "203.0.113.77"


def seen(*cells: tuple[str, str, str], forwarded: str = "") -> tuple[ClientSeen, ...]:
    """What a survey of these rows saw: address, user, status."""
    frame = pl.DataFrame(cells, schema=["c-ip", "cs-username", "sc-status"], orient="row")
    frame = frame.with_columns(_place=pl.lit(0, pl.UInt32))
    if forwarded:
        frame = frame.with_columns(pl.lit(forwarded).alias("X-Forwarded-For"))
    return clients(frame, "iis")[0]


def users(address: str, count: int, start: int = 0) -> list[tuple[str, str, str]]:
    """One answered request each of so many users."""
    return [(address, f"CORP\\user{n}", "200") for n in range(start, start + count)]


def test_one_address_for_everybody_stands_for_many() -> None:
    """Without X-Forwarded-For, as most servers log."""
    (one,) = shared_clients({"iis": [seen(*users(BALANCER, 40), (ATTACKER, "-", "200"))]})

    assert (one.address, one.rows, one.accounts, one.forwarded) == (BALANCER, 40, 40, False)
    assert one.share > 0.9


def test_two_balancers_side_by_side() -> None:
    """Each has half of the rows and nearly all users."""
    rows = [*users(BALANCER, 40), *users("10.20.0.6", 40)]

    found = shared_clients({"iis": [seen(*rows)]})

    assert [one.address for one in found] == [BALANCER, "10.20.0.6"]


def test_what_logs_of_an_hour_show_adds_up() -> None:
    """A user an hour: no single log shows that the address stands for many."""
    hours = [seen(*users(BALANCER, 1, n)) for n in range(12)]

    assert shared_clients({"httpproxy": hours})[0].accounts == 12
    assert shared_clients({"httpproxy": hours[:9]}) == ()


def test_where_rows_say_who_asked_a_few_users_are_enough() -> None:
    """A small house behind a balancer that passes the addresses on."""
    rows = users(BALANCER, 4)

    assert shared_clients({"iis": [seen(*rows)]}) == ()
    (one,) = shared_clients({"iis": [seen(*rows, forwarded="192.0.2.1")]})
    assert one.forwarded


@pytest.mark.parametrize(
    "attack",
    [
        [(ATTACKER, "-", "200")] * 500,
        [(ATTACKER, f"CORP\\user{n}", "401") for n in range(500)],
        [(ATTACKER, "CORP\\admin", "200")] * 500,
    ],
)
def test_an_attacker_is_never_taken_for_one(attack: list[tuple[str, str, str]]) -> None:
    """However loud: nobody was let in from there, or one who was robbed."""
    ordinary = [row for n in range(30) for row in users(f"10.20.1.{n}", 1, n)]

    assert shared_clients({"iis": [seen(*ordinary, *attack)]}) == ()
    # Who writes X-Forwarded-For himself is not let in either.
    assert shared_clients({"iis": [seen(*ordinary, *attack, forwarded="192.0.2.1")]}) == ()


def test_ordinary_clients_are_none() -> None:
    """Everybody from an address of their own, and nothing at all."""
    ordinary = [row for n in range(30) for row in users(f"10.20.1.{n}", 1, n)]

    assert shared_clients({"iis": [seen(*ordinary)]}) == ()
    assert shared_clients({"iis": []}) == shared_clients({}) == ()
