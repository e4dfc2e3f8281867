"""Which files a case folder holds, what each is called, and which of them are free to change."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ASSESSMENT",
    "DECISIONS",
    "LOG",
    "MANIFEST",
    "MANIFEST_SCHEMA",
    "RECORDS",
    "REPORT",
    "RUN",
    "TABLE_FILES",
    "UNSEALED",
]

ASSESSMENT: Final = "assessment.json"
MANIFEST: Final = "manifest.json"
REPORT: Final = "report.html"
RUN: Final = "run.json"
LOG: Final = "log.jsonl"
DECISIONS: Final = "decisions.toml"
RECORDS: Final = "records"

TABLE_FILES: Final = {
    "findings": "findings.parquet",
    "timeline": "timeline.parquet",
    "ledger": "ledger.parquet",
}
"""File of each table of `hevesy.tables.Tables`."""

UNSEALED: Final = frozenset({MANIFEST, RUN, LOG, DECISIONS})
"""Files whose hashes the manifest does not hold: itself, what differs by run, what people edit."""

MANIFEST_SCHEMA: Final = "hevesy.manifest/1"
