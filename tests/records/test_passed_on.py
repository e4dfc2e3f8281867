"""Servers of the organization are found by where requests went, and no client can invent one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from hevesy.model import TargetSeen
from hevesy.records.passed_on import targets

MOMENT = datetime(2021, 3, 1, tzinfo=UTC)


def rows(*cells: tuple[str | None, str | None], **more: Any) -> pl.DataFrame:  # noqa: ANN401  # any column
    """Rows of EX01 with a target and its version, a minute apart."""
    frame = pl.DataFrame(cells, schema=["TargetServer", "TargetServerVersion"], orient="row")
    return frame.with_columns(
        pl.lit(0, pl.UInt32).alias("_place"),
        pl.lit("EX01").alias("server"),
        pl.Series("time", [MOMENT + timedelta(minutes=n) for n in range(len(cells))]),
        pl.Series("line", range(5, 5 + len(cells)), dtype=pl.Int64),
        *(pl.Series(name, values, dtype=pl.String) for name, values in more.items()),
    )


def test_other_servers_are_found_with_their_cumulative_update() -> None:
    """Each name and build once, with its first and last time and its first line."""
    seen = targets(
        rows(
            ("ex01.corp.example", "15.01.2106.000"),
            ("EX02.corp.example", "15.01.2375.000"),
            ("ex02.corp.example", "15.01.2375.000"),
            ("ex02.corp.example", "15.01.2507.000"),
        )
    )

    minute = timedelta(minutes=1)
    name = "ex02.corp.example"
    assert seen[0] == (
        TargetSeen(name, "15.1.2375.0", MOMENT + minute, MOMENT + 2 * minute, 6),
        TargetSeen(name, "15.1.2507.0", MOMENT + 3 * minute, MOMENT + 3 * minute, 8),
    )


def test_what_a_client_named_is_no_server() -> None:
    """A forged back end, an address, the server itself, a version that is no build of Exchange."""
    forged = rows(
        ("ex09", "15.01.1466.000"),
        ("ex08", "15.01.1466.000"),
        AnchorMailbox=["ServerInfo~ex09/ecp/x", None],
        RoutingHint=[None, "X-AnonResource-Backend-Cookie"],
    )
    odd = rows(
        ("localhost", "15.01.2375.000"),
        ("10.0.0.5", "15.01.2375.000"),
        ("a]@ex09/autodiscover.xml?#", "15.01.2375.000"),
        ("ex07", "0.00.0003.000"),
        (None, None),
        ("", ""),
    )

    assert targets(forged) == targets(odd) == targets(rows(("EX01", "15.01.2375.000"))) == {}


def test_an_honest_row_beside_a_forged_one_counts() -> None:
    """The rows are told apart, not the names."""
    both = rows(
        ("ex02", "15.01.1466.000"),
        ("ex02", "15.01.1466.000"),
        AnchorMailbox=["ServerInfo~ex02/ecp/x", "a@corp.example"],
    )

    (one,) = targets(both)[0]
    assert one.line == 6


def test_each_log_keeps_its_own() -> None:
    """Logs that are read together stay apart."""
    both = rows(("ex02", "15.01.1466.000"), ("ex03", "15.01.1466.000")).with_columns(
        pl.Series("_place", [3, 7], dtype=pl.UInt32)
    )

    assert {place: one[0].name for place, one in targets(both).items()} == {3: "ex02", 7: "ex03"}
    assert targets(both.drop("TargetServer")) == {}


def test_rows_of_several_servers_in_one_log() -> None:
    """What passes requests on to itself is found by row where a log holds rows of several."""
    both = rows(("ex02", "15.01.1466.000"), ("ex02", "15.01.1466.000")).with_columns(
        pl.Series("server", ["EX01", "EX02"])
    )

    (one,) = targets(both)[0]
    assert (one.name, one.last) == ("ex02", MOMENT)
