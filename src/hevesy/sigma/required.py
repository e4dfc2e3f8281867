"""What text a regular expression cannot match without."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from re import _constants, _parser  # type: ignore[attr-defined]  # the one parser of regexes there is
from typing import Any

__all__ = ["OTHERWISE", "required"]

_MOST = 64
"""Strings of the largest set that is followed; a larger one is no longer worth looking for."""

# What the engine's regexes have and Python's do not, or not with the same meaning.
OTHERWISE = re.compile(r"\\[<>pPzZQE]|\\b\{|&&|--|~~|\[\[|\(\?[a-zA-Z]*x")

_Words = frozenset[str]
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_GROUPS = ("SUBPATTERN", "ATOMIC_GROUP")
_PLACES = ("AT", "ASSERT", "ASSERT_NOT")


def required(pattern: str, price: Callable[[_Words], float | None]) -> _Words | None:
    """Strings of which every match holds one, in lower case; ASCII case must not matter.

    A match may hold a letter outside ASCII in the place of one inside it where the expression does
    not tell cases apart (the sign of kelvin for a `k`).

    Args:
        pattern: the expression.
        price: how common a set of strings is thought to be; None where it is of no use.

    Returns:
        The rarest such set; None where none is known.
    """
    if OTHERWISE.search(pattern):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning):
        return None
    walk = _Walk(price)
    exact, best = walk.sequence(parsed)
    return walk.better(best, exact)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through the parts of an expression.

    Each part gives what it is exactly, if that is a small set; and what it cannot do without.
    """

    price: Callable[[_Words], float | None]

    def sequence(self, items: Any) -> tuple[_Words | None, _Words | None]:  # noqa: ANN401  # of the parser
        current: _Words = frozenset([""])
        whole, best = True, None
        for item in items:
            exact, needed = self._item(*item)
            if exact is not None and len(current) * len(exact) <= _MOST:
                current = frozenset(a + b for a, b in product(current, exact))
                continue
            whole = False
            best = self.better(self.better(best, current), needed)
            current = exact if exact is not None else frozenset([""])
        return (current if whole else None), self.better(best, current)

    def _item(self, kind: Any, value: Any) -> tuple[_Words | None, _Words | None]:  # noqa: ANN401  # of the parser
        name = str(kind)
        exact: _Words | None = None
        best: _Words | None = None
        if name == "LITERAL":
            exact = _letter(value)
        elif name == "IN":
            exact = _set(value)
        elif name == "BRANCH":
            exact, best = self._branch(value[1])
        elif name in _GROUPS:
            exact, best = self.sequence(value[-1] if name == "SUBPATTERN" else value)
        elif name in _PLACES:
            exact = frozenset([""])
        elif name in _REPEATS:
            exact, best = self._repeat(*value)
        return exact, best

    def _repeat(self, least: int, most: int, inner: Any) -> tuple[_Words | None, _Words | None]:  # noqa: ANN401  # of the parser
        exact, best = self.sequence(inner)
        if (least, most) == (0, 1) and exact is not None:
            return exact | {""}, None
        return None, (self.better(best, exact) if least else None)

    def _branch(self, branches: Any) -> tuple[_Words | None, _Words | None]:  # noqa: ANN401  # of the parser
        exact: _Words | None = frozenset()
        needed: _Words | None = frozenset()
        for branch in branches:
            one, best = self.sequence(branch)
            exact = exact | one if exact is not None and one is not None else None
            best = self.better(best, one)
            needed = needed | best if needed is not None and best is not None else None
        return exact, needed

    def better(self, one: _Words | None, other: _Words | None) -> _Words | None:
        """The set that is rarer in any text."""
        priced = [
            (price, sorted(each), each)
            for each in (one, other)
            if each and "" not in each and len(each) <= _MOST
            if (price := self.price(each)) is not None
        ]
        return min(priced)[2] if priced else None


def _letter(code: int) -> _Words | None:
    return frozenset([chr(code).lower()]) if code < 128 else None  # noqa: PLR2004  # ASCII


def _set(members: Any) -> _Words | None:  # noqa: ANN401  # of the parser
    if len(members) > 4 or any(kind != _constants.LITERAL for kind, _ in members):  # noqa: PLR2004  # more say nothing
        return None
    found = [_letter(code) for _, code in members]
    return None if None in found else frozenset().union(*(each for each in found if each))
