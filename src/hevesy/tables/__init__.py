"""What a table is: its columns, their types and meaning, the Sigma log source it answers to."""

from __future__ import annotations

from hevesy.tables.ecp_activity import ECP_ACTIVITY
from hevesy.tables.ecp_server import ECP_SERVER
from hevesy.tables.httpproxy import HTTPPROXY
from hevesy.tables.iis import IIS
from hevesy.tables.kinds import KINDS, kind_title
from hevesy.tables.later_kinds import LaterKind, later_kinds
from hevesy.tables.oab_generator import OAB_GENERATOR
from hevesy.tables.pivot_value import FORWARDED, forwarded_address, pivot_value
from hevesy.tables.results import (
    FINDINGS,
    LEDGER,
    SLICE,
    TIMELINE,
    Sliced,
    SlicedTables,
    Tables,
)
from hevesy.tables.table import PROVENANCE, TIME, Column, Kind, LogSource, Table
from hevesy.tables.windows import WINDOWS

__all__ = [
    "FINDINGS",
    "FORWARDED",
    "KINDS",
    "LEDGER",
    "PROVENANCE",
    "SLICE",
    "TABLES",
    "TIME",
    "TIMELINE",
    "Column",
    "Kind",
    "LaterKind",
    "LogSource",
    "Sliced",
    "SlicedTables",
    "Table",
    "Tables",
    "forwarded_address",
    "kind_title",
    "later_kinds",
    "pivot_value",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (IIS, HTTPPROXY, ECP_SERVER, ECP_ACTIVITY, OAB_GENERATOR, WINDOWS)
}
"""The record tables, by name."""
