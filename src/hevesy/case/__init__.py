"""The folder on disk: written whole or not at all, read, queried with SQL, verified."""

from __future__ import annotations

from hevesy.case.folder import Case, ensure_free, read, write
from hevesy.case.query import Result, query
from hevesy.case.verification import Difference, verify

__all__ = ["Case", "Difference", "Result", "ensure_free", "query", "read", "verify", "write"]
