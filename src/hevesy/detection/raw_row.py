"""What of a value stands in the raw row of a text log as it stands in its cell."""

from __future__ import annotations

import re

__all__ = ["in_raw_cell", "in_raw_row"]

# No log encodes these: IIS writes a blank as `+`, HttpProxy a comma as a blank, quotes are doubled.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@~\\\-]+")
_COMMON = frozenset({"windows", "microsoft", "exchange", "mozilla/5.0", "applewebkit/537.36"})

# A cell of a plain row stands in it as it is, and holds no separator and no quote; only the user
# agent is told with blanks for `+`.
_ENCODED = re.compile(r'[ +,"\s]+')
_SHORTEST_CELL = 3

_SHORTEST = 5
_SHORTEST_NAMED = 3
"""Of what begins with a dot or a slash: `.js`."""


def in_raw_cell(text: str) -> str:
    """The longest part of a cell's text that stands so in a plain row, in lower case.

    Args:
        text: what a cell holds, or a part of it.

    Returns:
        Empty where it would be a number or too short.
    """
    found = max((part.lower() for part in _ENCODED.split(text)), key=len, default="")
    return "" if len(found) < _SHORTEST_CELL or found.isdigit() else found


def in_raw_row(value: str) -> str:
    """The longest run of characters in a value that no log encodes, in lower case.

    Args:
        value: text that a cell holds.

    Returns:
        Empty where it would be a number, too short, or what many rows hold.
    """
    runs = [run.lower() for run in _PLAIN.findall(value)]
    found = max((run for run in runs if run not in _COMMON), key=len, default="")
    least = _SHORTEST_NAMED if found[:1] in {".", "/"} else _SHORTEST
    return "" if len(found) < least or found.isdigit() else found
