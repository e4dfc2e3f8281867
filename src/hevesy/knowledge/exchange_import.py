"""Newer tables for this user: CISA's KEV catalogue as JSON, a list of builds as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hevesy.errors import ContentError
from hevesy.knowledge.exchange_builds import build_row, check_day
from hevesy.knowledge.exchange_cves import kev_row
from hevesy.knowledge.exchange_knowledge import user_folder
from hevesy.knowledge.table_files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["import_builds", "import_kev"]

_KEV = ("cve", "date_added", "due_date", "ransomware", "name", "source", "date")
_BUILDS = (
    "product",
    "cu",
    "update",
    "build",
    "released",
    "supported_until",
    "kb",
    "cumulative",
    "name",
    "source",
    "date",
    "standing",
    "note",
)
_OTHER_NAMES = {
    "release_date": "released",
    "product_supported_until": "supported_until",
    "ms_name": "name",
}
_NEEDED = ("product", "cu", "update", "build", "released", "supported_until")


def import_kev(path: Path, own: Path | None = None) -> int:
    """Keep the Exchange entries of CISA's catalogue for this user.

    Args:
        path: `known_exploited_vulnerabilities.json`, as CISA publishes it.
        own: where to write; None takes the user's data folder.

    Returns:
        How many entries were kept.

    Raises:
        ContentError: No JSON, another form, or no Exchange entry.
    """
    try:
        catalogue = json.loads(read_text(path))
    except ValueError as error:
        raise ContentError(f"is no JSON: {error}", str(path)) from error
    entries = catalogue.get("vulnerabilities") if isinstance(catalogue, dict) else None
    if not isinstance(entries, list):
        raise ContentError("has no list `vulnerabilities`: it is no KEV catalogue", str(path))
    date = str(catalogue.get("dateReleased", ""))[:10]
    version = str(catalogue.get("catalogVersion", date))
    rows = [
        _kev_entry(entry, f"CISA KEV catalogue {version}", date)
        for entry in entries
        if isinstance(entry, dict) and _is_exchange(entry)
    ]
    for row in rows:
        kev_row(row, path, 0)
    if not rows:
        raise ContentError("has no entry of Microsoft Exchange", str(path))
    _write((own or user_folder()) / "kev.csv", _KEV, sorted(rows, key=lambda row: row["cve"]))
    return len(rows)


def import_builds(path: Path, own: Path | None = None) -> int:
    """Keep a newer list of builds for this user; its rows replace shipped ones of the same update.

    Args:
        path: CSV with at least `product cu update build released supported_until` (`release_date`
            and `product_supported_until` are understood too); others as in `exchange/builds.csv`.
            Rows without `date` are as of the newest release that the list names: no day of ours
            may make an old list look new.
        own: where to write; None takes the user's data folder.

    Returns:
        How many builds were kept.

    Raises:
        ContentError: A missing column, or a value that is none; says file, line and value.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    header = [_OTHER_NAMES.get(name.strip(), name.strip()) for name in next(reader, [])]
    if missing := [name for name in _NEEDED if name not in header]:
        raise ContentError(f"has no column {', '.join(missing)}", str(path), 1)
    defaults = dict.fromkeys(_BUILDS, "") | {"cumulative": "yes", "standing": "stands"}
    rows: list[tuple[int, dict[str, str]]] = []
    for cells in reader:
        if len(cells) != len(header):
            message = f"row has {len(cells)} cells, not {len(header)}"
            raise ContentError(message, str(path), reader.line_num)
        given = {
            name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()
        }
        row = {name: (defaults | given)[name] for name in _BUILDS}
        row["source"] = row["source"] or path.name
        rows.append((reader.line_num, row))
    if not rows:
        raise ContentError("has no row", str(path))
    newest = max(check_day(row["released"], path, line) for line, row in rows).isoformat()
    for line, row in rows:
        row["date"] = row["date"] or newest
        build_row(row, path, line)
    _write((own or user_folder()) / "builds.csv", _BUILDS, (row for _, row in rows))
    return len(rows)


def _is_exchange(entry: dict[str, Any]) -> bool:
    vendor, product = str(entry.get("vendorProject", "")), str(entry.get("product", ""))
    return vendor == "Microsoft" and "exchange" in product.lower()


def _kev_entry(entry: dict[str, Any], source: str, date: str) -> dict[str, str]:
    return {
        "cve": str(entry.get("cveID", "")),
        "date_added": str(entry.get("dateAdded", "")),
        "due_date": str(entry.get("dueDate", "")),
        "ransomware": str(entry.get("knownRansomwareCampaignUse", "")),
        "name": str(entry.get("vulnerabilityName", "")),
        "source": source,
        "date": date,
    }


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    """Whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text.getvalue(), encoding="utf-8", newline="")
    Path(part).replace(path)
