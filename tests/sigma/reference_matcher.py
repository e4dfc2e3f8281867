"""Sigma row by row, with no cleverness: what the engine's answers are compared with."""

# ruff: noqa: ANN401, PLR0911  # pySigma's trees and the cells of rows are of many types, one return each

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sigma import types
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

__all__ = ["matches"]

Row = Mapping[str, Any]


def matches(rule: SigmaRule, row: Row) -> bool:
    """Whether a row, a mapping of field to value or None, matches a rule."""
    row = {
        name: None if isinstance(cell, list) and not _list(cell) else cell
        for name, cell in row.items()
    }
    return any(_holds(condition.parsed, row) for condition in rule.detection.parsed_condition)


def _holds(node: Any, row: Row) -> bool:
    """A condition."""
    if isinstance(node, ConditionNOT):
        return not _holds(node.args[0], row)
    if isinstance(node, ConditionAND):
        return all(_holds(each, row) for each in node.args)
    if isinstance(node, ConditionOR):
        return any(_holds(each, row) for each in node.args)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _field(row.get(node.field), node.value, row)
    assert isinstance(node, ConditionValueExpression)
    return _keyword(node.value, row)


def _keyword(value: Any, row: Row) -> bool:
    """A value without field: anywhere in any text of the row."""
    if isinstance(value, types.SigmaExpansion):
        return any(_keyword(each, row) for each in value.values)
    if isinstance(value, types.SigmaNumber | types.SigmaBool):
        value = types.SigmaString.from_str(str(value).lower())
    texts = [text for cell in row.values() for text in _list(cell) if isinstance(text, str)]
    if isinstance(value, types.SigmaString):
        cased = isinstance(value, types.SigmaCasedString)
        pattern = [_ANY, *value.s, _ANY]
        return any(_glob(pattern, text, cased=cased) for text in texts)
    return any(_field(text, value, row) for text in texts)


_ANY = types.SpecialChars.WILDCARD_MULTI


def _list(cell: Any) -> list[Any]:
    """The values of a cell."""
    values = cell if isinstance(cell, list) else [cell]
    return [value for value in values if value is not None]


def _field(cell: Any, value: Any, row: Row) -> bool:
    """A field's cell against a value of the rule."""
    if isinstance(value, types.SigmaExpansion):
        return any(_field(cell, each, row) for each in value.values)
    if isinstance(value, types.SigmaNull):
        return cell is None
    if isinstance(value, types.SigmaExists):
        return (cell is not None) == value.exists
    if isinstance(value, types.SigmaFieldReference):
        return _refers(cell, value, row)
    return any(_passes(each, value) for each in _list(cell))


def _passes(found: Any, value: Any) -> bool:
    """One value of the row against a value of the rule."""
    if isinstance(value, types.SigmaString):
        cased = isinstance(value, types.SigmaCasedString)
        return _glob(value.s, _text(found), cased=cased)
    if isinstance(value, types.SigmaTimestampPart):
        return _part(found, value.timestamp_part.name) == value.number
    if isinstance(value, types.SigmaNumber):
        return _text(found) == str(value.number)
    if isinstance(value, types.SigmaBool):
        return _text(found).lower() == str(value.boolean).lower()
    if isinstance(value, types.SigmaRegularExpression):
        names = {"IGNORECASE": re.IGNORECASE, "MULTILINE": re.MULTILINE, "DOTALL": re.DOTALL}
        flags = re.NOFLAG
        for flag in value.flags:
            flags |= names[flag.name]
        return re.search(value.regexp.to_plain_regex(), _text(found), flags) is not None
    if isinstance(value, types.SigmaCIDRExpression):
        return _inside(_text(found), value.network)
    assert isinstance(value, types.SigmaCompareExpression)
    return _compares(found, value)


def _text(found: Any) -> str:
    """A value as text."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    if isinstance(found, datetime):
        return found.isoformat(timespec="microseconds")
    return str(found)


def _fold(text: str) -> str:
    """Without case, letter by letter; a letter outside ASCII never becomes one inside."""
    folded = ""
    for letter in text:
        lower = letter.lower()
        keep = not letter.isascii() and lower[0].isascii()
        folded += letter if keep else "σ" if letter in "ςΣ" else lower  # noqa: RUF001  # the Greek letter is meant
    return folded


def _glob(pattern: Sequence[Any], text: str, *, cased: bool) -> bool:
    """A pattern of text and wildcards over a whole value, by trying every split."""
    letters: list[Any] = []
    for part in pattern:
        letters.extend(part if isinstance(part, str) else [part])
    value = text if cased else _fold(text)
    reached = {0}  # how much of the value the pattern so far may have used
    for letter in letters:
        if letter is _ANY:
            reached = set(range(min(reached), len(value) + 1)) if reached else set()
        elif isinstance(letter, str):
            wanted = letter if cased else _fold(letter)
            reached = {at + len(wanted) for at in reached if value.startswith(wanted, at)}
        else:
            reached = {at + 1 for at in reached if at < len(value)}
    return len(value) in reached


def _number(found: Any) -> float | None:
    """A number, or text that is a decimal one."""
    if isinstance(found, bool | datetime) or found != found:  # noqa: PLR0124  # no number is not itself
        return None
    if isinstance(found, int | float):
        return found
    return float(found) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", found) else None


def _compares(found: Any, value: types.SigmaCompareExpression) -> bool:
    """`lt`, `lte`, `gt`, `gte`."""
    wanted = value.number
    if isinstance(wanted, types.SigmaTimestampPart):
        number: float | None = _part(found, wanted.timestamp_part.name)
    else:
        number = _number(found)
    if number is None:
        return False
    return {
        "LT": number < wanted.number,
        "LTE": number <= wanted.number,
        "GT": number > wanted.number,
        "GTE": number >= wanted.number,
    }[value.op.name]


def _part(found: Any, part: str) -> int | None:
    """A part of a time, or of ISO 8601 text."""
    try:
        time = found if isinstance(found, datetime) else datetime.fromisoformat(str(found))
    except ValueError:
        return None
    if time.tzinfo is not None:
        time = time.astimezone(UTC)
    if part == "WEEK":
        return time.isocalendar().week
    number: int = getattr(time, part.lower())
    return number


_MAPPED = ipaddress.ip_network("::ffff:0:0/96")


def _inside(text: str, network: Any) -> bool:
    """An address in a network."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    if network.version == _MAPPED.version and network.subnet_of(_MAPPED):
        network = ipaddress.ip_network(
            (network.network_address.ipv4_mapped, network.prefixlen - _MAPPED.prefixlen)
        )
    return mapped.version == network.version and mapped in network


def _refers(cell: Any, value: types.SigmaFieldReference, row: Row) -> bool:
    """A field against another field of the row: a value of one against a value of the other."""
    return any(
        _alike(_fold(_text(mine)), _fold(_text(other)), value)
        for mine in _list(cell)
        for other in _list(row.get(value.field))
    )


def _alike(left: str, right: str, value: types.SigmaFieldReference) -> bool:
    if value.starts_with and value.ends_with:
        return right in left
    if value.starts_with:
        return left.startswith(right)
    return left.endswith(right) if value.ends_with else left == right
