"""What a table is: its columns, their types and meaning, the Sigma log source it answers to."""

from __future__ import annotations

from hevesy.tables.kinds import KINDS, kind_title
from hevesy.tables.results import FINDINGS, LEDGER, TIMELINE, Tables
from hevesy.tables.table import PROVENANCE, TIME, Column, Kind, LogSource, Table

__all__ = [
    "FINDINGS",
    "KINDS",
    "LEDGER",
    "PROVENANCE",
    "TIME",
    "TIMELINE",
    "Column",
    "Kind",
    "LogSource",
    "Table",
    "Tables",
    "kind_title",
]
