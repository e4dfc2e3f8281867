"""From pySigma's condition tree to atoms and nodes: where each modifier gets its meaning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hevesy.sigma.atom import AND, MANY, NOT, ONE, OR, Atom, AtomTable, Node, fold, join_glob

if TYPE_CHECKING:
    from sigma.types import SigmaString

    from hevesy.sigma.rule import RefusalKind

__all__ = ["FieldNames", "NotUsableError", "lower_rule"]

FieldNames = Callable[[str], Sequence[str]]
"""Sigma field -> the keys (see `plan.field_key`) of which any may hold the value."""

_INT_LIMIT = 2**63
_KEYWORD_OPS = (*("equals", "startswith", "endswith", "contains", "like"), "re", "cidr", "exists")


class NotUsableError(Exception):
    """A rule asks for what cannot be given; becomes a `Refusal` of the same kind."""

    def __init__(self, kind: RefusalKind, reason: str) -> None:
        """Keep both."""
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


def lower_rule(conditions: Sequence[Any], names: FieldNames, atoms: AtomTable) -> Node:
    """The rule's conditions as one node.

    Args:
        conditions: `rule.detection.parsed_condition`; a rule with several matches on any of them.
        names: How fields are called in the table.
        atoms: Gets the atoms.

    Raises:
        NotUsableError: Something in it is not supported.
        SigmaError: The condition is wrong.
    """
    nodes = [_lower(condition.parsed, names, atoms) for condition in conditions]
    if not nodes or any(node is None for node in nodes):
        raise NotUsableError("syntax", "the condition selects nothing")
    return _join(OR, nodes)


def _join(operator: int, nodes: Sequence[Node | None]) -> Node:
    """AND or OR of nodes, flattened, each operand once."""
    flat: list[Node] = []
    for node in nodes:
        if node is None:
            continue
        inner = node[1:] if isinstance(node, list) and node[0] == operator else [node]
        flat.extend(item for item in inner if item not in flat)
    return flat[0] if len(flat) == 1 else [operator, *flat]


def _lower(item: Any, names: FieldNames, atoms: AtomTable) -> Node | None:  # noqa: ANN401  # pySigma's trees are a union of nine classes
    """One item of pySigma's tree; None where it has been dropped to nothing."""
    from sigma.conditions import (
        ConditionAND,
        ConditionFieldEqualsValueExpression,
        ConditionNOT,
        ConditionOR,
        ConditionValueExpression,
    )

    if item is None:
        return None
    if isinstance(item, ConditionNOT):
        inner = _lower(item.args[0], names, atoms) if item.args else None
        return None if inner is None else [NOT, inner]
    if isinstance(item, ConditionAND | ConditionOR):
        operator = AND if isinstance(item, ConditionAND) else OR
        nodes = [_lower(argument, names, atoms) for argument in item.args]
        return _join(operator, nodes) if any(node is not None for node in nodes) else None
    if isinstance(item, ConditionFieldEqualsValueExpression):
        keys = [(key, item.field) for key in names(item.field)]
        return _join(OR, [_value(key, item.value, names, atoms) for key, _ in keys])
    if isinstance(item, ConditionValueExpression):
        return _value(None, item.value, names, atoms)
    raise NotUsableError("unsupported", f"condition of type {type(item).__name__}")


def _value(field: str | None, value: Any, names: FieldNames, atoms: AtomTable) -> Node:  # noqa: ANN401  # any of pySigma's value types
    """The test of one value."""
    from sigma.types import SigmaExists, SigmaExpansion, SigmaFieldReference

    if isinstance(value, SigmaExpansion):
        return _join(
            OR, [_value(field, inner, names, atoms) for inner in value.values]
        )  # pySigma, not pandas
    if isinstance(value, SigmaExists):
        node = atoms.add(Atom(field, "exists"))
        return node if value.exists else [NOT, node]
    if isinstance(value, SigmaFieldReference):
        if field is None:
            raise NotUsableError("unsupported", "fieldref without a field")
        flags = "s" * value.starts_with + "e" * value.ends_with
        return _join(
            OR, [atoms.add(Atom(field, "fieldref", key, flags)) for key in names(value.field)]
        )
    atom = _atom(field, value)
    if field is None and atom.op not in _KEYWORD_OPS:
        raise NotUsableError("unsupported", f"{atom.op} without a field")
    return atoms.add(atom)


def _atom(field: str | None, value: Any) -> Atom:  # noqa: ANN401, PLR0911  # one return a type; any of pySigma's value types
    """The test of one value that is a single atom."""
    from sigma import types

    if isinstance(value, types.SigmaString):
        return _text_atom(field, value, cased=isinstance(value, types.SigmaCasedString))
    if isinstance(value, types.SigmaNumber):
        part = _time_part(value)
        if part:
            return Atom(field, "part", _number(value), part)
        return Atom(field, "contains" if field is None else "equals", fold(str(value.number)))
    if isinstance(value, types.SigmaBool):
        text = "true" if value.boolean else "false"
        return Atom(field, "contains" if field is None else "equals", text)
    if isinstance(value, types.SigmaNull):
        return Atom(field, "null")
    if isinstance(value, types.SigmaRegularExpression):
        return _regex_atom(field, value)
    if isinstance(value, types.SigmaCIDRExpression):
        return Atom(field, "cidr", str(value.network))
    if isinstance(value, types.SigmaCompareExpression):
        return Atom(field, value.op.name.lower(), _number(value.number), _time_part(value.number))
    raise NotUsableError("unsupported", f"value of type {type(value).__name__}")


def _number(value: Any) -> int | float:  # noqa: ANN401  # a SigmaNumber
    """The number; what does not fit 64 bits is rounded to a float."""
    number: int | float = value.number
    fits = isinstance(number, float) or -_INT_LIMIT <= number < _INT_LIMIT
    return number if fits else math.copysign(float(abs(number)), number)


def _time_part(value: Any) -> str:  # noqa: ANN401  # a SigmaNumber
    """`hour` of `|hour`, empty for a plain number."""
    from sigma.types import SigmaTimestampPart

    return value.timestamp_part.name.lower() if isinstance(value, SigmaTimestampPart) else ""


def _regex_atom(field: str | None, value: Any) -> Atom:  # noqa: ANN401  # a SigmaRegularExpression
    """A regex, with its flags in order."""
    if value.contains_placeholder():
        raise _placeholder(value.regexp)
    flags = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}
    # `to_plain` of a regex escapes `*` and `?`; the bare text is what the author wrote
    pattern = value.regexp.to_plain_regex()
    return Atom(field, "re", pattern, "".join(sorted(flags[flag.name] for flag in value.flags)))


def _placeholder(text: Any) -> NotUsableError:  # noqa: ANN401  # a SigmaString
    """The refusal of a rule whose placeholder was given no values."""
    from sigma.types import Placeholder

    names = ", ".join(f"%{part.name}%" for part in text.s if isinstance(part, Placeholder))
    return NotUsableError("placeholder", f"no values were given for the placeholder {names}")


def _text_atom(field: str | None, text: SigmaString, *, cased: bool) -> Atom:  # noqa: PLR0911  # one return an operator
    """A string with its wildcards, as the cheapest operator that says the same."""
    if text.contains_placeholder():
        raise _placeholder(text)
    parts = _parts(text, cased=cased)
    if field is None:  # a keyword may stand anywhere in a value
        parts = _squeeze([MANY, *parts, MANY])
    flags = "c" if cased else ""
    match parts:
        case []:
            return Atom(field, "equals", "")
        case [0]:
            return Atom(field, "exists")
        case [str(literal)]:
            return Atom(field, "equals", literal, flags)
        case [str(literal), 0]:
            return Atom(field, "startswith", literal, flags)
        case [0, str(literal)]:
            return Atom(field, "endswith", literal, flags)
        case [0, str(literal), 0]:
            return Atom(field, "contains", literal, flags)
        case _:
            return Atom(field, "like", join_glob(parts), flags)


def _parts(text: SigmaString, *, cased: bool) -> list[str | int]:
    """Text and wildcards of a Sigma string, folded unless cased."""
    from sigma.types import SpecialChars

    parts: list[str | int] = []
    for part in text.s:
        if isinstance(part, str):
            parts.append(part if cased else fold(part))
        else:
            parts.append(MANY if part == SpecialChars.WILDCARD_MULTI else ONE)
    return _squeeze(parts)


def _squeeze(parts: list[str | int]) -> list[str | int]:
    """Neighbouring text joined, `**` as `*`."""
    squeezed: list[str | int] = []
    for part in parts:
        last = squeezed[-1] if squeezed else None
        if isinstance(part, str) and isinstance(last, str):
            squeezed[-1] = last + part
        elif part != MANY or last != MANY:
            squeezed.append(part)
    return [part for part in squeezed if part != ""]
