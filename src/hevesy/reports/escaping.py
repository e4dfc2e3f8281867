"""Evidence made harmless to look at: what is hidden is shown, what a spreadsheet runs is defused.

Whoever wrote a log line may have been the attacker. Escape sequences can rewrite a terminal,
bidirectional controls can reorder what a person reads (Unicode TR36, CVE-2021-42574), a cell
that begins with `=` is run by a spreadsheet (CWE-1236).
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

__all__ = ["FORMULA_STARTS", "defused", "hidden_characters", "visible"]

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing of their own, or redraw what stands beside them."""

MORE_HIDDEN = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" + "".join(
    chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10))
)
"""Letters and marks that draw nothing either: fillers, joiners, variation selectors."""

FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""First characters of a cell that a spreadsheet runs, full-width forms too."""

NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class _Table(dict[int, str]):
    """Translation table that is filled as characters are met."""

    def __missing__(self, code: int) -> str:
        """Decide once for each character."""
        character = chr(code)
        hidden = unicodedata.category(character) in HIDDEN or character in MORE_HIDDEN
        result = NAMED.get(character, f"\\u{{{code:x}}}") if hidden else character
        self[code] = result
        return result


_TABLE = _Table()
_LINES = _Table({ord("\n"): "\n", ord("\t"): "    "})


def visible(text: str, *, lines: bool = False) -> str:
    r"""Write every character that hides or moves others as an escape: `\u{202e}`, `\n`.

    Args:
        text: Anything.
        lines: Keep line feeds, and turn tabs into blanks: for a text that is shown as a block.
    """
    return text.translate(_LINES if lines else _TABLE)


def defused(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run, and show what hides."""
    shown = visible(cell)
    starts = cell[:1] in FORMULA_STARTS or cell.lstrip()[:1] in FORMULA_STARTS
    return f"'{shown}" if cell and starts else shown


@cache
def hidden_characters() -> dict[str, str]:
    """Every assigned character that `visible` replaces, for whole columns at once.

    Unassigned, private and surrogate code points, hundreds of thousands, are left out: they
    draw at most an empty box, and surrogates are in no column.
    """
    shown = {}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} or character in MORE_HIDDEN:
            shown[character] = visible(character)
    return shown
