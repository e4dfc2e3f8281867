"""Vulnerabilities of Exchange: which build fixes each, what CISA and others saw of its use."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hevesy.errors import ContentError
from hevesy.knowledge.build_number import Build, parse_build
from hevesy.knowledge.exchange_builds import check_day
from hevesy.knowledge.table_files import check_date
from hevesy.model import CveFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Fix", "KevEntry", "fix_row", "join_facts", "kev_row", "month_of", "vulnerability_row"]

_ID = re.compile(r"CVE-\d{4}-\d{4,7}|ADV\d+")
_KINDS = ("build", "build+config", "build+schema", "config", "os", "not_affected")
_SEVERITIES = ("critical", "high", "medium", "low", "")
_STANDINGS = ("stands", "contradicted")
ANY = "*"
"""Product of a fix that holds for every version of Exchange."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One row of `exchange/fixes.csv`: what fixes one vulnerability in one cumulative update."""

    cve: str
    product: str
    """`*` for every product."""
    cu: str
    build: Build | None
    """First fixed build of this cumulative update; None where no build fixes it."""
    fixed_by: str
    """`Mar21SU`."""
    kb: str
    day: dt.date | None
    """First day of the month where only the month is known."""
    kind: str
    """`build`; `build+config`, `build+schema`: the build and what `needs` says; `config`, `os`:
    that alone, the build is the first that can; `not_affected`."""
    needs: str
    """Key of a condition, or empty."""
    condition: str
    source: str
    date: dt.date
    standing: str
    """`contradicted` rows are kept to be shown, and decide nothing."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class KevEntry:
    """One row of `exchange/kev.csv`, or of a newer catalogue that was imported."""

    cve: str
    added: dt.date
    due: dt.date
    ransomware: bool
    name: str
    source: str
    date: dt.date


def fix_row(row: dict[str, str], path: Path, line: int) -> Fix:
    """One row of the table of fixes, checked.

    Raises:
        ContentError: An id, build, kind, date or standing that is none; a build is missing.
    """
    build = parse_build(row["first_fixed_build"])
    if build is None and row["first_fixed_build"]:
        message = f"first_fixed_build is no Exchange build: {row['first_fixed_build']!r}"
        raise ContentError(message, str(path), line)
    _check_word(row, "kind", _KINDS, path, line)
    _check_word(row, "standing", _STANDINGS, path, line)
    if build is None and row["kind"].startswith("build"):
        raise ContentError(f"kind {row['kind']} needs a first_fixed_build", str(path), line)
    return Fix(
        cve=_check_id(row["cve"], path, line),
        product=row["product"],
        cu=row["cu"],
        build=build,
        fixed_by=row["fixed_by"],
        kb=row["kb"],
        day=check_day(row["fix_date"], path, line) if row["fix_date"] else None,
        kind=row["kind"],
        needs=row["needs"],
        condition=row["condition"],
        source=row["source"],
        date=check_date(row["date"], path, line),
        standing=row["standing"],
        note=row["note"],
    )


def vulnerability_row(row: dict[str, str], path: Path, line: int) -> CveFacts:
    """One row of `exchange/vulnerabilities.csv`.

    Raises:
        ContentError: An id, severity or date that is none.
    """
    _check_word(row, "severity", _SEVERITIES, path, line)
    return CveFacts(
        id=_check_id(row["cve"], path, line),
        title=row["title"],
        severity=row["severity"],
        cvss=row["cvss"],
        published=check_day(row["published"], path, line) if row["published"] else None,
    )


def kev_row(row: dict[str, str], path: Path, line: int) -> KevEntry:
    """One row of a KEV table.

    Raises:
        ContentError: An id or date that is none.
    """
    return KevEntry(
        cve=_check_id(row["cve"], path, line),
        added=check_date(row["date_added"], path, line),
        due=check_date(row["due_date"], path, line),
        ransomware=row["ransomware"] == "Known",
        name=row["name"],
        source=row["source"],
        date=check_date(row["date"], path, line),
    )


def join_facts(
    facts: Iterable[CveFacts],
    kev: Sequence[KevEntry],
    exploited: Mapping[str, tuple[dt.date, str]],
) -> dict[str, CveFacts]:
    """What is known of each vulnerability: its title, whether and since when it is exploited.

    Where a vulnerability stands in KEV and no report dates its first use, the day on which it was
    added stands in, and the source says so.
    """
    known = {one.id: one for one in facts}
    for entry in kev:
        one = known.get(entry.cve, CveFacts(id=entry.cve))
        known[entry.cve] = replace(
            one,
            title=one.title or entry.name,
            kev_added=entry.added,
            kev_due=entry.due,
            ransomware=entry.ransomware,
            first_exploited=entry.added,
            first_exploited_source=(
                f"{entry.source}: day of entry, which stands in for a first use that nobody dates"
            ),
        )
    for cve, (day, source) in exploited.items():
        one = known.get(cve, CveFacts(id=cve))
        known[cve] = replace(one, first_exploited=day, first_exploited_source=source)
    return dict(sorted(known.items()))


def month_of(update: str) -> tuple[int, int] | None:
    """Year and month in the name of an update: (2021, 3) for `Mar21SU`."""
    match = re.match(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(\d\d)(?:SU|HU)", update)
    if not match:
        return None
    return 2000 + int(match[2]), dt.datetime.strptime(match[1], "%b").replace(tzinfo=dt.UTC).month


def _check_id(text: str, path: Path, line: int) -> str:
    if not _ID.fullmatch(text):
        raise ContentError(f"cve is no CVE or ADV id: {text!r}", str(path), line)
    return text


def _check_word(
    row: dict[str, str], column: str, words: tuple[str, ...], path: Path, line: int
) -> None:
    if row[column] not in words:
        known = ", ".join(word for word in words if word)
        raise ContentError(f"{column} is not one of {known}: {row[column]!r}", str(path), line)
