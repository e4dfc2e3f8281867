"""What text a raw row must hold to match a rule, and which rules it can match by some columns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from re import _constants, _parser  # type: ignore[attr-defined]  # the one parser of regexes there is
from typing import TYPE_CHECKING, Any

from hevesy.sigma.atom import AND, NOT, OR, TEXT_OPS, Node, split_glob
from hevesy.sigma.needs import clause
from hevesy.sigma.required import OTHERWISE, required

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hevesy.sigma.plan import Plan  # noqa: TC004  # it needs nothing of this, names suffice

__all__ = ["Needle", "needles", "relaxed", "without_needle"]

_USUAL = 0.5
"""How common usual literals are thought to be."""
_EXPRESSION = 2.0**-12
"""How common an expression's matches are thought to be: as those of a literal of 12 characters."""


@dataclass(frozen=True, slots=True)
class Needle:
    """Text of which a raw row holds one place, or the rule does not match it by this way."""

    text: str
    """A literal in lower case, or an expression; ASCII case is no matter in either."""
    expression: bool
    rules: frozenset[int]
    """Indexes into `Ruleset.rules` of those that need it."""


def needles(
    plan: Plan, cut: Callable[[str], str] = str, usual: Collection[str] = ()
) -> tuple[Needle, ...] | None:
    """See `Ruleset.needles`."""
    found: dict[tuple[str, bool], set[int]] = {}
    for rule, texts in _needed(plan, cut, usual):
        if texts is None:
            return None
        for each in texts:
            found.setdefault(each, set()).add(rule)
    return tuple(Needle(*each, frozenset(rules)) for each, rules in sorted(found.items()))


def without_needle(
    plan: Plan, cut: Callable[[str], str] = str, usual: Collection[str] = ()
) -> list[int]:
    """See `Ruleset.without_needle`."""
    return sorted({rule for rule, texts in _needed(plan, cut, usual) if texts is None})


def _needed(
    plan: Plan, cut: Callable[[str], str], usual: Collection[str]
) -> Iterator[tuple[int, _Texts | None]]:
    """Each way to match a rule, by the rule's index, and what a raw row must hold some of."""
    finder = _Finder(plan, cut, frozenset(usual))
    raw = [finder.of_atom(index) for index in range(len(plan.atoms))]
    prices = [finder.price(texts) for texts in raw]
    for group in plan.groups:
        for rule, tree in zip(group.rules, group.trees, strict=True):
            needed = clause(tree, prices.__getitem__)
            yield rule, None if needed is None else _NONE.union(*(raw[at] for at in needed[1]))


def relaxed(plan: Plan, fields: Collection[str]) -> Plan:
    """The plan where every test of a field other than some is passed, whatever it holds.

    Each rule matches at least the rows that it matched before.
    """
    plain = [
        atom.field in fields and (atom.op != "fieldref" or atom.value in fields)
        for atom in plan.atoms
    ]
    groups = [
        replace(
            group,
            gate=_relaxed(group.gate, plain, unknown=True),
            trees=[_relaxed(tree, plain, unknown=True) for tree in group.trees],
        )
        for group in plan.groups
    ]
    return replace(plan, groups=groups, anchors=None)


def _relaxed(node: Node, known: Sequence[bool], *, unknown: bool) -> Node:
    """A tree whose unknown atoms are taken for true (`[AND]`) or false (`[OR]`)."""
    if isinstance(node, int):
        return node if known[node] else [AND if unknown else OR]
    if node[0] == NOT:
        return [NOT, _relaxed(node[1], known, unknown=not unknown)]
    return [node[0], *(_relaxed(inner, known, unknown=unknown) for inner in node[1:])]


_Texts = frozenset[tuple[str, bool]]
"""Literals and expressions, of which a row holds one."""

_NONE: _Texts = frozenset()


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds what a raw row must hold to pass an atom."""

    plan: Plan
    cut: Callable[[str], str]
    usual: frozenset[str]

    def of_atom(self, index: int) -> _Texts:
        """Of which a raw row holds one if it passes an atom; empty where that is not known."""
        atom = self.plan.atoms[index]
        parts = self.plan.computed.get(atom.field or "", ())
        joints = [part[1:-1] for part in parts if part[:1] == "'"]
        if (len(parts) > 1 and len(joints) * 2 + 1 != len(parts)) or "" in joints:
            return _NONE  # columns joined without text between them: nothing is sure to be in one
        if not isinstance(atom.value, str):
            return _NONE
        if atom.op == "re":
            return self._of_regex(atom.value, joints, alone=not parts)
        if atom.op not in TEXT_OPS:
            return _NONE
        pieces = split_glob(atom.value) if atom.op == "like" else [atom.value]
        several = [self._words([piece], joints) for piece in pieces if isinstance(piece, str)]
        return min((each for each in several if each), key=self._cost, default=_NONE)

    def price(self, texts: _Texts) -> float | None:
        """How common some texts are thought to be; None where there are none.

        Longer literals are rarer; the worth falls steeply so that an OR of many stays dear.
        """
        if not texts:
            return None
        return sum(
            _EXPRESSION
            if expression
            else 2.0 ** -min(len(text), 40) + _USUAL * (text in self.usual)
            for text, expression in texts
        )

    def _cost(self, texts: _Texts) -> float:
        return self.price(texts) or 0.0

    def _of_regex(self, pattern: str, joints: list[str], *, alone: bool) -> _Texts:
        needed = required(pattern, lambda found: self.price(self._words(found, joints)))
        found = self._words(needed, joints) if needed else _NONE
        if alone and (not found or self._cost(found) >= _USUAL):
            expression = _searchable(pattern)
            if expression is not None:
                return frozenset(((expression, True),))
        return found

    def _words(self, words: Collection[str], joints: list[str]) -> _Texts:
        each = {self.cut(_inside(word, joints)) for word in words}
        return frozenset((word, False) for word in each) if all(each) else _NONE


def _inside(word: str, joints: list[str]) -> str:
    """The longest part of a word that is ASCII and lies between joints."""
    pieces = ["".join(c if c.isascii() else "\x00" for c in word)]
    for joint in [*joints, "\x00"]:
        pieces = [part for piece in pieces for part in piece.split(joint)]
    return max(pieces, key=len, default="").lower()


_SIMPLE = frozenset(
    ("LITERAL", "NOT_LITERAL", "IN", "ANY", "BRANCH", "SUBPATTERN", "MAX_REPEAT", "MIN_REPEAT")
)


def _searchable(pattern: str) -> str | None:
    """An expression that stands somewhere in a raw row where a cell matches the pattern.

    None where the pattern is not simple enough to mean the same to every engine, or where it can
    match next to nothing.
    """
    inner = pattern.removeprefix("^").removesuffix("$")
    if OTHERWISE.search(inner) or not inner.isascii() or inner.endswith("\\"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(inner)
    except (re.error, OverflowError, RecursionError, Warning):
        return None
    literals = sum(1 for kind, _ in _items(parsed) if kind is _constants.LITERAL)
    simple = all(
        str(kind) in _SIMPLE and _takes_plus(kind, value) for kind, value in _items(parsed)
    )
    return inner if simple and literals >= 4 and parsed.getwidth()[0] >= 4 else None  # noqa: PLR2004  # fewer stand everywhere


_BLANKS = ("CATEGORY_SPACE", "CATEGORY_NOT_DIGIT", "CATEGORY_NOT_WORD")
_PLUSES = ("CATEGORY_NOT_SPACE", "CATEGORY_NOT_DIGIT", "CATEGORY_NOT_WORD")


def _takes_plus(kind: Any, value: Any) -> bool:  # noqa: ANN401  # of the parser
    """Whether a part that takes a blank takes a `+` too, as which a raw row may write it."""
    name = str(kind)
    if name == "IN":
        return not _in_set(value, " ", _BLANKS) or _in_set(value, "+", _PLUSES)
    return (name, value) not in [("LITERAL", ord(" ")), ("NOT_LITERAL", ord("+"))]


def _in_set(members: Any, sign: str, categories: Collection[str]) -> bool:  # noqa: ANN401  # of the parser
    negated, found = False, False
    for kind, value in members:
        name = str(kind)
        negated = negated or name == "NEGATE"
        found = found or (
            (name == "LITERAL" and value == ord(sign))
            or (name == "RANGE" and value[0] <= ord(sign) <= value[1])
            or (name == "CATEGORY" and str(value) in categories)
        )
    return found != negated


def _items(parsed: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  # of the parser
    """Every part of an expression, with those inside."""
    for kind, value in parsed:
        yield kind, value
        if kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _items(branch)
        elif kind is _constants.SUBPATTERN:
            yield from _items(value[-1])
        elif str(kind) in {"MAX_REPEAT", "MIN_REPEAT"}:
            yield from _items(value[2])
