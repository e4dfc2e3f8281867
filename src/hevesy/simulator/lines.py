"""Background lines of logs other than web traffic: texts with tokens, sampled by the day.

Tokens that differ by row: `@time@` (as the log states it), `@utc@` (Sysmon's form, always true),
`@guid@`, `@id@` (a second one), `@hex@`, `@logon@`, `@pid@`, `@port@`, `@ms@`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl

from hevesy.simulator.clock import Clock
from hevesy.simulator.draws import Draws
from hevesy.simulator.traffic import RHYTHMS, moments

__all__ = ["LineTemplate", "fill", "sample_lines"]

_TABLE = 1 << 12


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """One text, how often it stands in the log, and when."""

    text: str
    weight: float = 1.0
    rhythm: str = "flat"


def sample_lines(
    made: Sequence[LineTemplate], day: date, budget: float, draws: Draws
) -> pl.DataFrame:
    """Texts of one day, in no order, at least one.

    Args:
        made: what may stand in the log.
        day: which day; the weekend is quieter by each template's rhythm.
        budget: bytes to aim at on a weekday.
        draws: the day's random stream.

    Returns:
        Columns `time` (Int64, milliseconds since midnight UTC) and `text`.
    """
    weekend = day.isoweekday() > 5  # noqa: PLR2004  # Saturday is the sixth
    parts = []
    for rhythm in sorted({template.rhythm for template in made}):
        some = [template for template in made if template.rhythm == rhythm]
        part = sum(template.weight for template in some) / sum(template.weight for template in made)
        total = sum(template.weight for template in some)
        mean = sum(len(template.text) * template.weight for template in some) / total
        wanted = budget * part * (RHYTHMS[rhythm][0] if weekend else 1.0) / mean
        count = max(1, int(wanted + draws.one().random()))
        entries = [
            number
            for number, template in enumerate(some)
            for _ in range(max(1, round(template.weight / total * _TABLE)))
        ]
        chosen = pl.Series(entries).gather(draws.below(len(entries), count))
        texts = pl.Series([template.text for template in some]).gather(chosen)
        parts.append(pl.DataFrame({"time": moments(rhythm, draws, count), "text": texts}))
    return pl.concat(parts)


def fill(rows: pl.DataFrame, day: date, draws: Draws, offset_hours: int = 0) -> pl.Series:
    """Put each row's own values in place of the tokens.

    Args:
        rows: `time` and `text`.
        day: the day that `time` counts from.
        draws: the stream of the row's values.
        offset_hours: what `@time@` is wrong by.
    """
    clock = Clock(day)
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
    filled = rows.with_columns(**{f"v{place}": value for place, value in enumerate(values.values())})
    text = pl.col("text")
    for place, token in enumerate(values):
        text = text.str.replace_all(token, pl.col(f"v{place}"), literal=True)
    return filled.select(text).to_series()


@lru_cache(maxsize=1)
def _digits() -> pl.Series:
    return pl.Series([f"{number:x}" for number in range(65_536)])


def _hex(numbers: pl.Series) -> pl.Series:
    return _digits().gather(numbers)
