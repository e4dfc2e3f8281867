"""Why a rule cannot be read, where pySigma trusts a shape that it never checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

__all__ = ["explain", "said"]


def explain(wrong: list[str], content: Mapping[str, Any]) -> str:
    """The reason of a refusal: what is odd about the values, else what pySigma says."""
    odd = [*_odd_parts(content.get("detection")), *_odd_parts(content.get("filter"))]
    return "; ".join(dict.fromkeys(odd or wrong))


def said(error: BaseException) -> str:
    """What an exception of pySigma says, as a sentence of its own."""
    from sigma.exceptions import SigmaError

    if isinstance(error, SigmaError) and str(error):
        return str(error)
    return f"pySigma cannot read it: {type(error).__name__}: {error}"


def _odd_parts(detection: object) -> Iterator[str]:
    """What is wrong with the searches and conditions of a detection, or of a filter."""
    if not isinstance(detection, Mapping):
        return
    for name, part in detection.items():
        if name != "condition":
            yield from _odd_search(part)
            continue
        for each in part if isinstance(part, list) else [part]:
            if each is not None and not isinstance(each, str):
                yield f"the condition {each!r} is not text: put it in quotes"


def _odd_search(part: object) -> Iterator[str]:
    """What is wrong with a map of fields, or a list of such maps and of keywords."""
    if isinstance(part, Mapping):
        for field, value in part.items():
            if isinstance(field, str):
                yield from _odd_values(field, value)
            else:
                yield f"the field name {field!r} is not text: put it in quotes"
    elif isinstance(part, list):
        for each in part:
            yield from _odd_search(each)
    else:
        yield from _odd_values("keyword", part)


def _odd_values(field: str, value: object) -> Iterator[str]:
    """What is wrong with the values of a field."""
    pattern = "re" in field.split("|")[1:]
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, date):
            yield f"{field}: YAML reads {each} as a date: put it in quotes"
        elif isinstance(each, Mapping | list | bytes):
            yield f"{field}: a value is text, a number, true, false or null, not {each!r}"
        elif pattern and each is not None and not isinstance(each, str):
            yield f"{field}: a regular expression is text, {each!r} is not: put it in quotes"
