"""Everything that is compared with evidence, in one value that a worker is handed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection.baseline import Baseline, page_of
from hevesy.detection.correlated import noted
from hevesy.detection.hits import empty_hits, file_hit, hits_of
from hevesy.detection.indicator_match import IndicatorRules
from hevesy.detection.sigma_rules import SigmaRules
from hevesy.detection.wanted_rows import wanted_rows
from hevesy.detection.yara_rules import YaraRules
from hevesy.records import Batch, Wanted, read_compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.detection.stages import Claim
    from hevesy.model import RuleReference, Source

__all__ = ["Detector"]

_QUOTED = 2000
"""Bytes of a file's head that are quoted where no rule says which part matters."""


@dataclass(frozen=True)
class Detector:
    """Sigma rules, YARA rules, indicators and the baseline of shipped files."""

    sigma: tuple[SigmaRules, ...]
    yara: tuple[YaraRules, ...]
    indicators: IndicatorRules
    baseline: Baseline

    def records(self, batch: Batch, kind: str) -> pl.DataFrame:
        """Hits (`HITS`, and `CORRELATED` where correlations need it) of a batch of records.

        Args:
            batch: Records of one table.
            kind: Log kind of their source.
        """
        if not batch.frame.height:
            return empty_hits()
        # Of an event, `raw` is JSON: its field names are nobody's values.
        seen = (
            batch.frame.drop("raw", "server", strict=False)
            if batch.table == "windows"
            else batch.frame
        )
        parts = []
        for number, rules in enumerate(self.sigma):
            matches = rules.ruleset.match(batch.table, seen)
            hits = hits_of(batch.table, kind, batch.frame, matches, rules.claims)
            if rules.ruleset.correlations and matches.height:
                rows = seen[matches["row"]]
                hits = hits.with_columns(noted(number, rules, batch.table, rows, matches))
            parts.append(hits)
        named = self.indicators.match(batch.table, batch.frame)
        parts.append(hits_of(batch.table, kind, batch.frame, named, self.indicators.claims))
        return pl.concat(parts, how="diagonal")

    def wanted(self, table: str) -> Wanted | None:
        """The rows of a text log that anything here can match; None where that may be any."""
        return wanted_rows(table, self.sigma, self.indicators)

    def file(
        self, source: Source, data: bytes, sha256: str
    ) -> tuple[pl.DataFrame, tuple[RuleReference, ...]]:
        """Hits (`HITS`) of a file: what it does (YARA), what it is (hash), where it lies.

        Args:
            source: The file.
            data: Its bytes.
            sha256: Their hash.

        Returns:
            The hits, and the rules that made them.

        Raises:
            TimeoutError: A YARA rule took too long.
        """
        if self.baseline.known(sha256):
            return empty_hits(), ()
        path = source.windows_path or source.path
        pivots = _file_pivots(path, sha256)
        head = data[:_QUOTED].decode("utf-8", "backslashreplace")
        found: list[tuple[Claim, str]] = [
            (match.claim, match.text) for rules in self.yara for match in rules.scan(data, path)
        ]
        web = source.kind == "web_file"
        found += [
            (claim, head) for claim in self.indicators.of_file(_hashes(data, sha256), path, web=web)
        ]
        if web and (lead := self.baseline.of_file(source, sha256)):
            found.append((lead, head))
        if source.kind == "compiled_page" and (page := read_compiled(data)):
            executed = page.virtual_path.lower()
            pivots = [f"file:{path.lower()}", f"page:{executed}"]
            if lead := self.baseline.of_page(executed):
                found.append((lead, head))
        hits = [file_hit(claim, source.kind, text, path, pivots) for claim, text in found]
        return pl.concat([empty_hits(), *hits]), tuple(claim.rule for claim, _ in found)

    def claims(self) -> tuple[Claim, ...]:
        """Every claim known before evidence is read; a file's claims come with its hits."""
        return tuple(c for rules in self.sigma for c in rules.claims) + self.indicators.claims


def _hashes(data: bytes, sha256: str) -> dict[str, str]:
    return {
        "sha256": sha256,
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }


def _file_pivots(path: str, sha256: str) -> Sequence[str]:
    page = page_of(path)
    return [f"file:{path.lower()}", f"sha256:{sha256}", *([f"page:{page}"] if page else [])]
