"""Random draws as columns: the same for the same key, on every platform and version.

Python's Mersenne Twister, seeded with text, is stable by documentation; polars' own sampling is
not promised to be.
"""

from __future__ import annotations

import random

import polars as pl

__all__ = ["Draws", "guid"]

_DASHES = (8, 13, 18, 23)
_WIDTH = 37  # 36 characters and the line end


class Draws:
    """A stream of random columns, named by its key: independent of every other stream."""

    def __init__(self, *key: object) -> None:
        """Seed the stream with the text of its key."""
        self._random = random.Random("/".join(str(part) for part in key))  # noqa: S311  # invented evidence, no secret

    def integers(self, rows: int) -> pl.Series:
        """Unsigned 64-bit integers, as `UInt64`."""
        if not rows:
            return pl.Series(dtype=pl.UInt64)
        array = pl.Array(pl.UInt64, rows)
        return pl.Series([self._random.randbytes(8 * rows)]).bin.reinterpret(dtype=array).explode()

    def below(self, limit: int, rows: int) -> pl.Series:
        """Integers from 0 to `limit - 1`, as `Int64`."""
        return (self.integers(rows) % limit).cast(pl.Int64)

    def guids(self, rows: int) -> pl.Series:
        """Random identifiers in lower-case GUID form."""
        if not rows:
            return pl.Series(dtype=pl.String)
        digits = self._random.randbytes(16 * rows).hex().encode()
        text = bytearray(b"-" * (_WIDTH * rows))
        places = [place for place in range(_WIDTH - 1) if place not in _DASHES]
        for digit, place in enumerate(places):
            text[place::_WIDTH] = digits[digit::32]
        text[_WIDTH - 1 :: _WIDTH] = b"\n" * rows
        return pl.read_csv(bytes(text), has_header=False, infer_schema=False).to_series()

    def one(self) -> random.Random:
        """The stream as a plain generator, for things counted in dozens."""
        return self._random


def guid(*key: object) -> str:
    """One identifier in GUID form that belongs to a key."""
    digits = random.Random("/".join(str(part) for part in key)).randbytes(16).hex()  # noqa: S311  # invented evidence, no secret
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
