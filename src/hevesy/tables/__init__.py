"""What a record table is: its columns, their types and meaning, the Sigma log source it answers to."""

from __future__ import annotations

from hevesy.tables.kinds import KINDS, kind_title
from hevesy.tables.table import PROVENANCE, TIME, Column, Kind, LogSource, Table

__all__ = ["KINDS", "PROVENANCE", "TIME", "Column", "Kind", "LogSource", "Table", "kind_title"]
