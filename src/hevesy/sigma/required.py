"""What text a regular expression cannot match without."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from re import _constants, _parser  # type: ignore[attr-defined]  # the one parser of regexes there is
from typing import Any

__all__ = ["OTHERWISE", "every_required", "required"]

_MOST = 64
"""Strings of the largest set that is followed; a larger one is no longer worth looking for."""

# What the engine's regexes have and Python's do not, or not with the same meaning.
OTHERWISE = re.compile(r"\\[<>pPzZQE]|\\b\{|\[[^\]]*(?:\[|&&|--|~~)|\(\?[a-zA-Z]*x")

_Words = frozenset[str]
_Price = Callable[[_Words], float | None]
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_GROUPS = ("SUBPATTERN", "ATOMIC_GROUP")
_PLACES = ("AT", "ASSERT", "ASSERT_NOT")


def required(pattern: str, price: _Price) -> _Words | None:
    """The first of `every_required`; None where no set is known."""
    return next(iter(every_required(pattern, price)), None)


def every_required(pattern: str, price: _Price) -> list[_Words]:
    """Sets of strings of each of which every match holds one, in lower case, the rarest first.

    ASCII case must not matter. A match may hold a letter outside ASCII in the place of one inside
    it where the expression does not tell cases apart (the sign of kelvin for a `k`).

    Args:
        pattern: the expression.
        price: how common a set of strings is thought to be; None where it is of no use.
    """
    if OTHERWISE.search(pattern):
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning):
        return []
    walk = _Walk(price)
    exact, needed = walk.sequence(parsed)
    return walk.rarest_first([*needed, exact])


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through the parts of an expression.

    Each part gives what it is exactly, if that is a small set; and sets that it cannot do without.
    """

    price: _Price

    def sequence(self, items: Any) -> tuple[_Words | None, list[_Words]]:  # noqa: ANN401  # of the parser
        current: _Words = frozenset([""])
        whole = True
        needed: list[_Words] = []
        for item in items:
            exact, inner = self._item(*item)
            if exact is not None and len(current) * len(exact) <= _MOST:
                current = frozenset(a + b for a, b in product(current, exact))
                continue
            whole = False
            needed += [current, *inner]
            current = exact if exact is not None else frozenset([""])
        return (current if whole else None), [*needed, current]

    def _item(self, kind: Any, value: Any) -> tuple[_Words | None, list[_Words]]:  # noqa: ANN401  # of the parser
        name = str(kind)
        exact: _Words | None = None
        needed: list[_Words] = []
        if name == "LITERAL":
            exact = _letter(value)
        elif name == "IN":
            exact = _set(value)
        elif name == "BRANCH":
            exact, needed = self._branch(value[1])
        elif name in _GROUPS:
            exact, needed = self.sequence(value[-1] if name == "SUBPATTERN" else value)
        elif name in _PLACES:
            exact = frozenset([""])
        elif name in _REPEATS:
            exact, needed = self._repeat(*value)
        return exact, needed

    def _repeat(self, least: int, most: int, inner: Any) -> tuple[_Words | None, list[_Words]]:  # noqa: ANN401  # of the parser
        exact, needed = self.sequence(inner)
        if (least, most) == (0, 1) and exact is not None:
            return exact | {""}, []
        if (least, most) == (1, 1):
            return exact, needed
        return None, (needed + ([exact] if exact is not None else []) if least else [])

    def _branch(self, branches: Any) -> tuple[_Words | None, list[_Words]]:  # noqa: ANN401  # of the parser
        exact: _Words | None = frozenset()
        either: _Words | None = frozenset()
        for branch in branches:
            one, needed = self.sequence(branch)
            exact = exact | one if exact is not None and one is not None else None
            best = next(iter(self.rarest_first([*needed, one])), None)
            either = either | best if either is not None and best is not None else None
        return exact, [] if either is None else [either]

    def rarest_first(self, sets: Sequence[_Words | None]) -> list[_Words]:
        """Those of the sets that can be looked for, each once."""
        priced = [
            (price, sorted(each), each)
            for each in set(sets)
            if each and "" not in each and len(each) <= _MOST
            if (price := self.price(each)) is not None
        ]
        return [each for _, _, each in sorted(priced)]


def _letter(code: int) -> _Words | None:
    return frozenset([chr(code).lower()]) if code < 128 else None  # noqa: PLR2004  # ASCII


def _set(members: Any) -> _Words | None:  # noqa: ANN401  # of the parser
    if len(members) > 4 or any(kind != _constants.LITERAL for kind, _ in members):  # noqa: PLR2004  # more say nothing
        return None
    found = [_letter(code) for _, code in members]
    return None if None in found else frozenset().union(*(each for each in found if each))
