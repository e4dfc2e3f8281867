"""Background lines of logs other than web traffic: texts with tokens, sampled by the day.

Tokens that differ by row: `@time@` (as the log states it), `@utc@` (Sysmon's form, always true),
`@guid@`, `@id@` (a second one), `@hex@`, `@logon@`, `@pid@`, `@port@`, `@ms@`; and, where many rows
should differ in what they say, `@word@`, `@other@`, `@folder@` (two words with an escaped backslash
between them: for JSON), `@count@`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from hevesy.simulator.request import read_invented
from hevesy.simulator.traffic import moments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hevesy.simulator.clock import Clock
    from hevesy.simulator.draws import Draws

__all__ = ["LineTemplate", "fill", "sample_lines"]

_TABLE = 1 << 12


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """One text, how often it stands in the log, and when."""

    text: str
    weight: float = 1.0
    rhythm: str = "flat"
    size: int = 0
    """Bytes that it takes; 0: those of the text."""


def sample_lines(
    made: Sequence[LineTemplate], days: Sequence[date], budget: float, draws: Draws
) -> pl.DataFrame:
    """Texts of some consecutive days, in no order.

    Args:
        made: what may stand in the log.
        days: which days; the weekend is quieter by each template's rhythm.
        budget: bytes to aim at on a weekday.
        draws: the stream of these days.

    Returns:
        Columns `time` (Int64, milliseconds since the first day's midnight) and `text`.
    """
    whole = sum(template.weight for template in made)
    parts = []
    for rhythm in sorted({template.rhythm for template in made}):
        some = [template for template in made if template.rhythm == rhythm]
        total = sum(template.weight for template in some)
        mean = sum((t.size or len(t.text)) * t.weight for t in some) / total
        time = moments(rhythm, days, budget * total / whole / mean, draws)
        entries = [
            number
            for number, template in enumerate(some)
            for _ in range(max(1, round(template.weight / total * _TABLE)))
        ]
        chosen = pl.Series(entries).gather(draws.below(len(entries), len(time)))
        texts = pl.Series([template.text for template in some]).gather(chosen)
        parts.append(pl.DataFrame({"time": time, "text": texts}))
    return pl.concat(parts)


def fill(rows: pl.DataFrame, clock: Clock, draws: Draws, offset_hours: int = 0) -> pl.Series:
    """Put each row's own values in place of the tokens.

    Args:
        rows: `time` and `text`.
        clock: of the days that `time` counts from.
        draws: the stream of the row's values.
        offset_hours: what `@time@` is wrong by.
    """
    count = rows.height
    stated = clock.stamp(rows["time"] + offset_hours * 3_600_000)
    number = draws.integers(count)
    values = {
        "@time@": stated,
        "@utc@": clock.stamp(rows["time"], " ", ""),
        "@guid@": draws.guids(count),
        "@id@": draws.guids(count),
        "@hex@": _hex(number % 65_536),
        "@logon@": _hex(number // 65_536 % 65_536) + _hex(number // 7 % 65_536),
        "@pid@": (number % 16_000 * 4 + 400).cast(pl.String),
        "@port@": (number // 11 % 40_000 + 10_000).cast(pl.String),
        "@ms@": (number // 13 % 900 + 3).cast(pl.String),
    }
    if rows.height and rows["text"].str.contains("@(?:word|other|folder|count)@").any():
        values |= _distinct(draws.integers(count))
    filled = rows.with_columns(
        **{f"v{place}": value for place, value in enumerate(values.values())}
    )
    text = pl.col("text")
    for place, token in enumerate(values):
        text = text.str.replace_all(token, pl.col(f"v{place}"), literal=True)
    return filled.select(text).to_series()


def _distinct(number: pl.Series) -> dict[str, pl.Series]:
    words = _words()
    count = len(words)
    return {
        "@word@": words.gather(number % count),
        "@other@": words.gather(number // count % count),
        "@folder@": words.gather(number // 3 % count)
        + "\\\\"
        + words.gather(number // 977 % count),
        "@count@": (number // 1_000_003 % 1_000_000).cast(pl.String),
    }


@lru_cache(maxsize=1)
def _words() -> pl.Series:
    return pl.Series(read_invented("words.txt").split())


@lru_cache(maxsize=1)
def _digits() -> pl.Series:
    return pl.Series([f"{number:x}" for number in range(65_536)])


def _hex(numbers: pl.Series) -> pl.Series:
    return _digits().gather(numbers)
