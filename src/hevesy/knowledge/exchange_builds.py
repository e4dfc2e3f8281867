"""The builds of Exchange: which update each is, when it came out, and until when it is served."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from hevesy.errors import ContentError
from hevesy.knowledge.build_number import Build, parse_build, show_build
from hevesy.knowledge.table_files import check_date

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["BuildTable", "KnownBuild", "Placement", "build_row", "check_day", "product_title"]

Branch: TypeAlias = tuple[int, ...]
"""What a cumulative update has for itself: its first three numbers; of 2010, the first two."""

_STANDINGS = ("stands", "kb_secondary", "secondary", "contradicted")
_PRODUCTS = {
    "Exchange2010": "Exchange Server 2010",
    "Exchange2013": "Exchange Server 2013",
    "Exchange2016": "Exchange Server 2016",
    "Exchange2019": "Exchange Server 2019",
    "ExchangeSE": "Exchange Server SE",
}
_E2010 = 14


@dataclass(frozen=True, slots=True)
class KnownBuild:
    """One row of `exchange/builds.csv`."""

    product: str
    """`Exchange2016`."""
    cu: str
    """`CU22`, `RTM`; of 2010 the service pack."""
    update: str
    """`Nov21SU`, `RU32`; empty for the cumulative update itself."""
    build: Build
    released: dt.date
    """First day of the month where only the month is known."""
    released_text: str
    supported_until: dt.date
    """Of the product."""
    kb: str
    cumulative: bool
    """False for the updates of March 2021 for old CUs: they hold the fixes of that month alone."""
    source: str
    date: dt.date
    """Of the source."""
    standing: str
    """`stands`; `kb_secondary`: only its KB is from a secondary list; `secondary`: all of it is;
    `contradicted`: two sources disagree and this one is not followed."""
    note: str = ""

    @property
    def title(self) -> str:
        """`Exchange Server 2016 CU22 Nov21SU`."""
        update = self.update or (self.kb if self.standing == "secondary" else "")
        return " ".join(part for part in (product_title(self.product), self.cu, update) if part)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a build stands among those that are known."""

    build: Build
    product: str
    """Empty where no build of this major and minor number is known."""
    cu: str
    """Empty where no build of this cumulative update is known."""
    known: KnownBuild | None
    before: KnownBuild | None = None
    """The nearest known build at or below it, of the same major and minor number."""
    after: KnownBuild | None = None
    contradicted: KnownBuild | None = None
    """A row that names this build and is not followed."""

    @property
    def title(self) -> str:
        """Name of the update, or between which ones an unknown build stands."""
        if self.known:
            return self.known.title
        if self.before and self.after:
            return f"unknown build, between {self.before.title} and {self.after.title}"
        if self.before:
            return f"unknown build, newer than {self.before.title}"
        if self.after:
            return f"unknown build, older than {self.after.title}"
        return "unknown build"


def product_title(product: str) -> str:
    """`Exchange Server 2016` for `Exchange2016`."""
    return _PRODUCTS.get(product, product)


@dataclass(frozen=True)
class BuildTable:
    """All known builds, in the order of their numbers."""

    rows: tuple[KnownBuild, ...]
    _followed: tuple[KnownBuild, ...] = field(init=False, repr=False)
    _numbers: tuple[Build, ...] = field(init=False, repr=False)
    _of_product: dict[str, tuple[KnownBuild, ...]] = field(init=False, repr=False)
    _placed: dict[Build, Placement] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Put the rows in order once."""
        followed = sorted(
            (row for row in self.rows if row.standing != "contradicted"),
            key=lambda row: (row.build, bool(row.update), row.update),
        )
        by_product: dict[str, tuple[KnownBuild, ...]] = {}
        for row in followed:
            by_product[row.product] = (*by_product.get(row.product, ()), row)
        object.__setattr__(self, "_followed", tuple(followed))
        object.__setattr__(self, "_numbers", tuple(row.build for row in followed))
        object.__setattr__(self, "_of_product", by_product)

    def place(self, build: Build) -> Placement:
        """Which update a build is, or between which it stands."""
        if build not in self._placed:
            self._placed[build] = self._place(build)
        return self._placed[build]

    def cumulative_update(self, product: str, cu: str) -> KnownBuild | None:
        """The cumulative update itself, without a security update."""
        rows = (row for row in self._of(product, cu) if row.standing == "stands")
        return next((row for row in rows if not row.update and row.note != "preview"), None)

    def updates(self, product: str, cu: str) -> tuple[KnownBuild, ...]:
        """What was released for a cumulative update, itself first, without secondary rows."""
        return tuple(row for row in self._of(product, cu) if row.standing != "secondary")

    def newest_cumulative_update(self, product: str) -> KnownBuild | None:
        """The last cumulative update of a product."""
        rows = [row for row in self.of(product) if not row.update and row.standing == "stands"]
        return rows[-1] if rows else None

    def newest_update(self, product: str, cu: str) -> KnownBuild | None:
        """The last update of a cumulative update; itself where there is none."""
        rows = self.updates(product, cu)
        return rows[-1] if rows else None

    def first_release(self, product: str) -> dt.date | None:
        """Day on which a product came out."""
        return min((row.released for row in self.of(product)), default=None)

    def last_release(self, product: str) -> dt.date | None:
        """Day of the last update of a product."""
        return max((row.released for row in self.of(product)), default=None)

    def supported_until(self, product: str) -> dt.date | None:
        """Last day on which a product is served for everybody."""
        return max((row.supported_until for row in self.of(product)), default=None)

    def of(self, product: str) -> tuple[KnownBuild, ...]:
        """All that is followed of a product, in the order of builds."""
        return self._of_product.get(product, ())

    def _of(self, product: str, cu: str) -> list[KnownBuild]:
        return [row for row in self.of(product) if row.cu == cu]

    def _place(self, build: Build) -> Placement:
        position = bisect_right(self._numbers, build)
        family = build[:2]
        before = self._followed[position - 1] if position else None
        before = before if before and before.build[:2] == family else None
        after = self._followed[position] if position < len(self._followed) else None
        after = after if after and after.build[:2] == family else None
        known = next((row for row in self._followed if row.build == build), None)
        same = [row for row in self._followed if _branch(row.build) == _branch(build)]
        branch = next((row for row in reversed(same) if row.build <= build), None)
        branch = branch or next(iter(same), None)
        nearest = branch or before or after
        return Placement(
            build=build,
            product=nearest.product if nearest else "",
            cu=branch.cu if branch else "",
            known=known,
            before=before,
            after=after,
            contradicted=next(
                (r for r in self.rows if r.build == build and r.standing == "contradicted"), None
            ),
        )


def _branch(build: Build) -> Branch:
    return build[:2] if build[0] == _E2010 else build[:3]


def check_day(text: str, path: Path, line: int | None) -> dt.date:
    """A date written as YYYY-MM-DD or YYYY-MM, which is the first of that month.

    Raises:
        ContentError: It is neither.
    """
    return check_date(f"{text}-01" if text.count("-") == 1 else text, path, line)


def build_row(row: dict[str, str], path: Path, line: int) -> KnownBuild:
    """One row of a builds table, checked.

    Raises:
        ContentError: A build that is none, a date that is none, an unknown product or standing.
    """
    build = parse_build(row["build"])
    if build is None:
        raise ContentError(f"build is no Exchange build: {row['build']!r}", str(path), line)
    if row["product"] not in _PRODUCTS:
        message = f"product is not one of {', '.join(_PRODUCTS)}: {row['product']!r}"
        raise ContentError(message, str(path), line)
    if row["standing"] not in _STANDINGS:
        message = f"standing is not one of {', '.join(_STANDINGS)}: {row['standing']!r}"
        raise ContentError(message, str(path), line)
    if row["cumulative"] not in {"yes", "no"}:
        message = f"cumulative is neither yes nor no: {row['cumulative']!r}"
        raise ContentError(message, str(path), line)
    if not row["cu"]:
        raise ContentError(f"row has no cu: {show_build(build)}", str(path), line)
    return KnownBuild(
        product=row["product"],
        cu=row["cu"],
        update=row["update"],
        build=build,
        released=check_day(row["released"], path, line),
        released_text=row["released"],
        supported_until=check_date(row["supported_until"], path, line),
        kb=row["kb"],
        cumulative=row["cumulative"] == "yes",
        source=row["source"],
        date=check_date(row["date"], path, line),
        standing=row["standing"],
        note=row["note"],
    )


def build_table(rows: Iterable[KnownBuild], path: Path) -> BuildTable:
    """A table of rows, each build once an update.

    Raises:
        ContentError: The same update twice with different builds that both stand.
    """
    found = tuple(rows)
    seen: dict[tuple[str, str, str], KnownBuild] = {}
    for row in found:
        key = (row.product, row.cu, row.update)
        other = seen.setdefault(key, row) if row.update and row.standing == "stands" else row
        if other.build != row.build:
            message = (
                f"{row.title} has two builds: {show_build(other.build)} and {show_build(row.build)}"
            )
            raise ContentError(message, str(path))
    return BuildTable(found)
