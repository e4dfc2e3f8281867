"""Whether a source can hold a followed value at all: most hold none, and need not be parsed."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["may_hold"]

_PIECE = 4 << 20
_FOLDED = ("\N{KELVIN SIGN}", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}")
"""Become `k` and `i` in lower case: what holds one of these is not passed over."""
_WIDEST = 4
"""Bytes of the longest character of UTF-8: a piece may begin or end within one."""


def may_hold(stream: BinaryIO, literals: Sequence[str]) -> bool:
    """Whether some row of a text log may hold one of some literals, ASCII case being no matter.

    A row whose cell, in lower case, holds a literal is never missed. A source that passes may
    still have no such row.

    Args:
        stream: The bytes, from their start; read as far as the first literal.
        literals: What is looked for; ASCII, and without line ends.
    """
    if not literals:
        return False
    patterns = [*literals, *_FOLDED]
    kept = max(map(len, patterns)) + _WIDEST
    before = b""
    while data := stream.read(_PIECE):
        if not before and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return True
        text = pl.Series([(before + data).decode(errors="backslashreplace")])
        if text.str.contains_any(patterns, ascii_case_insensitive=True).item():
            return True
        before = data[-kept:] if len(data) >= kept else (before + data)[-kept:]
    return False
