"""Compares records and files with indicators: values that a source connects with an attack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection.stages import Claim
from hevesy.knowledge import user_agent_expression
from hevesy.model import Indicator, Level, Outcome, RuleReference, Stage
from hevesy.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["IndicatorRules"]

_LEVELS = {"strong": Level.HIGH, "medium": Level.MEDIUM, "weak": Level.LOW}

_HASHES = ("sha256", "sha1", "md5")

_WEB = (".aspx", ".ashx", ".asmx", ".asax", ".asp", ".js", ".php", ".jsp")

# Where a value of a type may stand. Columns named here are compared whole (`EQUAL`, without case)
# or searched (`WITHIN`); `ip` and `page` stand for every column with that pivot.
_EQUAL: dict[str, tuple[str, ...]] = {
    "ipv4": ("ip",),
    "ipv6": ("ip",),
    "uri_stem": ("page",),
    "user_agent": ("cs(User-Agent)", "UserAgent"),
    "user_agent_iis": ("cs(User-Agent)", "UserAgent"),
    "file_path": ("TargetFilename", "Image", "NewProcessName", "ImageLoaded", "ObjectName"),
    "domain": ("QueryName", "DestinationHostname"),
}
_TEXTS = (
    "CommandLine",
    "ScriptBlockText",
    "Parameters",
    "TargetFilename",
    "ServiceFileName",
    "CMD",
)
_WITHIN: dict[str, tuple[str, ...]] = {
    "file_path": ("CommandLine", "ParentCommandLine", "ScriptBlockText"),
    "path_fragment": _TEXTS,
    "string": _TEXTS,
    "email": ("Parameters", "CMD", "Message"),
    "scheduled_task": ("TaskName", "CommandLine", "TaskContent"),
    "domain": ("CommandLine", "ScriptBlockText", "ParentCommandLine"),
    "sha256": ("Hashes",),
    "sha1": ("Hashes",),
    "md5": ("Hashes",),
}


@dataclass(frozen=True)
class IndicatorRules:
    """Indicators as claims: none of them alone shows that an attack succeeded.

    The one exception is a hash: a file in a web root that *is* a known web shell was placed there.
    """

    indicators: tuple[Indicator, ...]
    own: int = 0
    """How many of them, from the first, are hevesy's: a verdict may rest on a hash of theirs."""

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """In the order of `indicators`."""
        return tuple(_claim(one) for one in self.indicators)

    @cached_property
    def _by_type(self) -> Mapping[str, Mapping[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for index, one in enumerate(self.indicators):
            found.setdefault(one.type, {}).setdefault(one.value.lower(), index)
        return found

    def match(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows that hold an indicator: columns `rule` (index into `claims`) and `row`."""
        parts = [_none()]
        for kind, values in self._by_type.items():
            agent = "agent" in kind
            parts += [
                _equal(frame, column, values, user_agent=agent)
                for column in _columns(_EQUAL.get(kind, ()), table, frame)
            ]
            parts += [
                _within(frame, column, values)
                for column in _columns(_WITHIN.get(kind, ()), table, frame)
            ]
        return pl.concat(parts).unique().sort("rule", "row")

    def literals(self, table: str, cut: Callable[[str], str]) -> tuple[str, ...] | None:
        """Text of which a raw row must hold some to hold an indicator; None where that is unknown.

        Args:
            table: Name of the rows' table.
            cut: What of a value stands in a raw row as it does in a cell; empty where nothing does.
        """
        known = _known(table)
        compared = {
            kind
            for where in (_EQUAL, _WITHIN)
            for kind, columns in where.items()
            if not known.isdisjoint(columns)
        }
        found = {
            cut(value)
            for kind, values in self._by_type.items()
            if kind in compared
            for value in values
        }
        return None if "" in found else tuple(sorted(found))

    def foreign(self, table: str) -> frozenset[str]:
        """Columns that indicators are looked for in, and that the table does not have."""
        named = {
            one for where in (_EQUAL, _WITHIN) for columns in where.values() for one in columns
        }
        return frozenset(named - _known(table))

    def of_file(self, hashes: Mapping[str, str], windows_path: str, *, web: bool) -> list[Claim]:
        """Claims of the indicators that a file's hash or path is.

        Args:
            hashes: `sha256` and, where they were computed, `sha1` and `md5`.
            windows_path: Its path on the server, or in the collection.
            web: Whether it lies in a web root.
        """
        indices = [
            index
            for kind in _HASHES
            if (index := self._by_type.get(kind, {}).get(hashes.get(kind, ""))) is not None
        ]
        found = [
            _placed(self.claims[i]) if web and i < self.own else self.claims[i] for i in indices
        ]
        path = windows_path.lower()
        index = self._by_type.get("file_path", {}).get(path)
        return [*found, *([self.claims[index]] if path and index is not None else [])]


def _known(table: str) -> set[str]:
    """Names and pivots of a table's columns."""
    columns = TABLES[table].columns
    return {column.name for column in columns} | {column.pivot for column in columns}


def _columns(names: Sequence[str], table: str, frame: pl.DataFrame) -> list[str]:
    known = TABLES[table].columns
    wanted: list[str] = []
    for name in names:
        wanted += [c.name for c in known if c.pivot == name] if name in {"ip", "page"} else [name]
    return [c for c in wanted if c in frame.columns and frame.schema[c] == pl.String()]


def _equal(
    frame: pl.DataFrame, column: str, values: Mapping[str, int], *, user_agent: bool
) -> pl.DataFrame:
    text = pl.col("cell")
    text = user_agent_expression(text) if user_agent else text.str.to_lowercase()
    # A log says the same few thousand values over and over: each is compared once.
    cells = frame.select(cell=pl.col(column).unique()).with_columns(value=text)
    found = cells.filter(pl.col("value").is_in(list(values)))
    if found.is_empty():
        return _none()
    wanted = pl.DataFrame(
        {"value": list(values), "rule": list(values.values())},
        schema={"value": pl.String(), "rule": pl.UInt32()},
    )
    rows = frame.select(cell=column).with_row_index("row")
    named = found.join(wanted, on="value", how="inner").select("cell", "rule")
    return rows.join(named, on="cell", how="inner").select("rule", "row")


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"rule": pl.UInt32(), "row": pl.UInt32()})


def _within(frame: pl.DataFrame, column: str, values: Mapping[str, int]) -> pl.DataFrame:
    patterns = list(values)
    rows = (
        frame.select(value=pl.col(column).str.to_lowercase())
        .with_row_index("row")
        .filter(pl.col("value").str.contains_any(patterns))
        .with_columns(found=pl.col("value").str.extract_many(patterns, overlapping=True))
        .select("row", "found")
        .explode("found")
    )
    wanted = pl.DataFrame(
        {"found": patterns, "rule": list(values.values())},
        schema={"found": pl.String(), "rule": pl.UInt32()},
    )
    return rows.join(wanted, on="found", how="inner").select("rule", "row")


def _claim(one: Indicator) -> Claim:
    actor = f", connected with {one.actor}" if one.actor else ""
    rule = RuleReference(
        id=f"indicator:{one.type}:{one.value}"[:200],
        title=f"Indicator ({one.type}): {one.original}"[:200],
        author=one.source,
        source=one.file or "indicators",
        licence="",
        level=_LEVELS.get(one.weight, Level.LOW),
        description=one.context,
        remedy="review-indicator",
    )
    why = f"the value stands in a list of indicators ({one.context or one.source}){actor}"
    return Claim(rule, _stage(one), Outcome.UNKNOWN, why, anchor=False, own=False)


def _stage(one: Indicator) -> Stage:
    if one.type in {"ipv4", "ipv6", "user_agent", "user_agent_iis", "uri_stem_regex"}:
        return Stage.PROBE
    if one.type == "uri_stem":
        return Stage.SHELL_USED if one.value.endswith(_WEB) else Stage.PROBE
    if one.type == "file_path" and one.value.endswith(_WEB):
        return Stage.SHELL_PLACED
    return Stage.EXECUTION


def _placed(claim: Claim) -> Claim:
    why = f"the file in a web root is, by its hash, one that was reported: {claim.why}"
    return Claim(claim.rule, Stage.SHELL_PLACED, Outcome.SUCCESS, why, anchor=True, own=True)
