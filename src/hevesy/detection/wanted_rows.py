"""Which rows of a text log anything here can match: the others need not be read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING

from hevesy.detection.raw_row import in_raw_cell, in_raw_row
from hevesy.records import ALWAYS, Needle, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from hevesy.detection.indicator_match import IndicatorRules
    from hevesy.detection.sigma_rules import SigmaRules
    from hevesy.sigma import Rule, Ruleset

__all__ = ["rules_without_needle", "wanted_rows"]


@dataclass(frozen=True, slots=True)
class _Usual:
    """What ordinary rows of a table hold; see `usual_rows.toml`."""

    judged_by: tuple[str, ...] = ()
    usual: frozenset[str] = frozenset()


@cache
def _usual() -> dict[str, _Usual]:
    """By table."""
    text = (resources.files("hevesy.detection") / "usual_rows.toml").read_text(encoding="utf-8")
    return {
        table: _Usual(tuple(told["judged_by"]), frozenset(told["usual"]))
        for table, told in tomllib.loads(text).items()
    }


def wanted_rows(
    table: str, sigma: Sequence[SigmaRules], indicators: IndicatorRules
) -> Wanted | None:
    """The rows of a text log that a Sigma rule or an indicator may match.

    Args:
        table: `iis`, `httpproxy` ...
        sigma: rule sets that are asked.
        indicators: that are looked for.

    Returns:
        None where something can match a row without any text that could be looked for.
    """
    asking: dict[tuple[str, bool], int] = {}
    rulesets: list[tuple[Ruleset, int]] = []
    ordinary = _usual().get(table, _Usual())
    columns = ordinary.judged_by
    first = ALWAYS.bit_length()
    for rules in sigma:
        found = rules.ruleset.needles(table, in_raw_cell, ordinary.usual)
        if found is None:
            return None
        for needle in found:
            bits = sum(1 << (first + rule) for rule in needle.rules)
            key = needle.text, needle.expression
            asking[key] = asking.get(key, 0) | bits
        rulesets.append((rules.ruleset.relaxed(table, columns), first))
        first += len(rules.claims)
    named = indicators.literals(table, in_raw_row)
    if named is None:
        return None
    for text in named:
        asking[text, False] = asking.get((text, False), 0) | ALWAYS
    needles = tuple(Needle(text, bits, expr) for (text, expr), bits in sorted(asking.items()))
    possible = partial(_possible, table=table, rulesets=tuple(rulesets))
    return Wanted(
        needles, columns, possible if columns else None, foreign=indicators.foreign(table)
    )


def rules_without_needle(sigma: Sequence[SigmaRules]) -> Iterator[tuple[str, Rule]]:
    """Tables of text logs and the rules for which every row of them has to be read."""
    for table, ordinary in sorted(_usual().items()):
        for rules in sigma:
            found = rules.ruleset.without_needle(table, in_raw_cell, ordinary.usual)
            yield from ((table, rule) for rule in found)


def _possible(
    rows: pl.DataFrame, *, table: str, rulesets: Sequence[tuple[Ruleset, int]]
) -> list[int]:
    """Bits of the rules that may match each row."""
    bits = [0] * rows.height
    for ruleset, first in rulesets:
        for rule, row in ruleset.match(table, rows).iter_rows():
            bits[row] |= 1 << (first + rule)
    return bits
