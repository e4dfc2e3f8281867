"""Reach the bytes: what was handed in, what each file is, and which server it speaks of."""

from __future__ import annotations

from hevesy.evidence.catalog import catalog
from hevesy.evidence.duplicates import grown, same
from hevesy.evidence.identity import identify
from hevesy.evidence.inputs import Evidence, open_evidence
from hevesy.evidence.limits import HEAD, Limits
from hevesy.evidence.reaching import Reach, groups, open_plain, reach, reach_many

__all__ = [
    "HEAD",
    "Evidence",
    "Limits",
    "Reach",
    "catalog",
    "groups",
    "grown",
    "identify",
    "open_evidence",
    "open_plain",
    "reach",
    "reach_many",
    "same",
]
