"""Times as text, by lookup: formatting a timestamp a row would cost more than the row."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import polars as pl

__all__ = ["Clock"]

_DAY_S = 86_400


@lru_cache(maxsize=1)
def _of_day() -> pl.Series:
    return pl.Series(
        [f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(_DAY_S)]
    )


@lru_cache(maxsize=1)
def _millis() -> pl.Series:
    return pl.Series([f".{milli:03}" for milli in range(1000)])


class Clock:
    """Renders milliseconds since the midnight of a first day."""

    def __init__(self, first: date, days: int = 1) -> None:
        """Have the day before the first, `days` days, and the one after them in reach."""
        self._days = [first + timedelta(days=day) for day in range(-1, days + 1)]

    def seconds(self, time: pl.Series, between: str = "T") -> pl.Series:
        """`2021-03-03T06:12:31`."""
        second = time // 1000
        days = pl.Series([f"{day.isoformat()}{between}" for day in self._days])
        return days.gather(second // _DAY_S + 1) + _of_day().gather(second % _DAY_S)

    def millis(self, time: pl.Series) -> pl.Series:
        """`.123`, to stand behind the seconds."""
        return _millis().gather(time % 1000)

    def stamp(self, time: pl.Series, between: str = "T", end: str = "Z") -> pl.Series:
        """`2021-03-03T06:12:31.123Z`."""
        return self.seconds(time, between) + self.millis(time) + end
