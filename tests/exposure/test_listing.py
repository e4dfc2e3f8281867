"""Rows for a table, a CSV, a JSON document."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from hevesy.exposure import examine
from hevesy.exposure.listing import (
    EXPOSURE_COLUMNS,
    SERVER_COLUMNS,
    exposure_document,
    exposure_rows,
    server_rows,
)
from hevesy.model import ExposureState, ServerEvidence
from hevesy.model.document import encode

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

TODAY = dt.date(2026, 11, 24)
Make = Callable[..., ServerEvidence]


def test_rows_have_the_cells_of_their_columns(make_server: Make, known: ExchangeKnowledge) -> None:
    """One row a server; one a server and vulnerability, of the states that are wanted."""
    servers = examine([make_server("15.1.2375.7"), ServerEvidence("EX02")], known, TODAY)
    first, second = (dict(zip(SERVER_COLUMNS, row, strict=True)) for row in server_rows(servers))
    rows = [
        dict(zip(EXPOSURE_COLUMNS, row, strict=True))
        for row in exposure_rows(servers, [ExposureState.OPEN])
    ]

    assert (first["server"], first["open"], first["open_kev"]) == ("EX01", 85, 7)
    assert str(first["worst_open"]).startswith("CVE-2024-21410, ")
    assert first["install"] == ("CU23 (15.1.2507.6), then CU23 Aug26SU (15.1.2507.72, KB5121576)")
    assert second["update"] == "no build found"
    assert len(rows) == 85
    assert {row["state"] for row in rows} == {"open"}
    assert rows[0]["first_exploited"] == "2024-02-14"


def test_the_document_is_the_same_bytes_for_the_same_input(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Dates, words, and what the tables were are in it."""
    servers = examine([make_server("15.2.2562.46")], known, TODAY)
    document = b"".join(exposure_document(servers, known, TODAY))
    read = json.loads(document)

    again = examine([make_server("15.2.2562.46")], known, TODAY)
    assert document == b"".join(exposure_document(again, known, TODAY))
    assert (read["schema"], read["as_of"]) == ("hevesy.exposure/1", "2026-11-24")
    assert read["knowledge"]["kev_catalogue"] == "2025-08-25"
    assert read["servers"][0]["exposures"][0]["state"] == "unknown"


def test_the_document_in_parts_is_the_document_as_one(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Byte for byte what encoding all of it at once would give, of no, one and more servers."""
    several = examine([make_server(name=name) for name in ("A", "B", "C")], known, TODAY)
    for servers in ((), several[:1], several):
        parts = b"".join(exposure_document(servers, known, TODAY))
        head = json.loads(parts) | {"servers": list(servers), "as_of": TODAY}

        assert parts == encode(head)
