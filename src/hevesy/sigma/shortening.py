"""Regexes without what they may end with and need not: a search finds the shorter ones as well."""

from __future__ import annotations

import re

__all__ = ["shortened"]

_LEFT_ALONE = re.compile(r"\(\?[a-zA-Z]*x|\\[1-9]|\(\?P=|\(\?[(#]")
"""White space that means nothing, references to groups, and comments: what is repeated behind one
stands before it."""
_FREE = r"(?<!\\)(?:\\\\)*"
"""Before something that no backslash takes for itself."""
_BRACES = re.compile(rf"({_FREE})\{{(\d+),\d*\}}\??\Z")
_PLUS = re.compile(r"([^*+?{}(|^\\]|\\[sSwWdD.])\+\??\Z")
_OPTIONAL_SIGN = re.compile(rf"({_FREE})(?:\.|\\[sSwWdD.])[*?]\??\Z")
_OPTIONAL_GROUP = re.compile(rf"{_FREE}\)[*?]\??\Z")
_NO_ATOM = frozenset("(|^")
"""Behind one of these, braces repeat nothing."""


def shortened(pattern: str) -> str:
    r"""A regex that is found in the same texts, without repetitions at its end that need not be.

    `-k\s\w{1,64}(?:\s?-p)?` is found where `-k\s\w` is, which needs no automaton of 64 alphabets.

    Args:
        pattern: In Python's words. Only whether it is found may be asked of the result.
    """
    if _LEFT_ALONE.search(pattern):
        return pattern
    while (shorter := _once(pattern)) != pattern:
        pattern = shorter
    return pattern


def _once(pattern: str) -> str:
    """Without the last repetition, if there is one."""
    found = _BRACES.search(pattern)
    begin = pattern[: found.end(1)] if found else ""
    if found and begin and begin[-1] not in _NO_ATOM:
        return begin if found[2] == "1" else f"{begin}{{{found[2]}}}"
    if found := _PLUS.search(pattern) or _OPTIONAL_SIGN.search(pattern):
        return pattern[: found.end(1)]
    if _OPTIONAL_GROUP.search(pattern):
        return pattern[: _opening(pattern)]
    return pattern


def _opening(pattern: str) -> int:
    """Where the last group that is closed begins."""
    opened: list[int] = []
    last, at, inside = len(pattern), 0, False
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif inside:
            inside = sign != "]"
        elif sign == "[":
            inside = True
            at += pattern.startswith("^", at + 1)
            at += pattern.startswith("]", at + 1)
        elif sign == "(":
            opened.append(at)
        elif sign == ")" and opened:
            last = opened.pop()
        at += 1
    return last
