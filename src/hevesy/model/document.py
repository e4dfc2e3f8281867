"""The assessment as a JSON document and back: what `assessment.json` and the JSON report hold."""

from __future__ import annotations

from typing import Any

from hevesy.model.assessment import SCHEMA, Assessment

__all__ = ["decode_assessment", "encode", "encode_assessment", "json_schema"]


def encode(value: object) -> bytes:
    r"""Encode dataclasses and plain values as JSON that is the same bytes for the same value.

    Keys are sorted, two blanks indent, a line feed ends it. Times are ISO 8601 with `Z`, dates
    ISO 8601, sets are not accepted. A lone surrogate (a file name that is no Unicode) is written
    as the six characters `\\udc80`, since JSON in UTF-8 cannot hold it.
    """
    import msgspec

    try:
        packed = msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:
        packed = msgspec.json.encode(
            _without_surrogates(msgspec.to_builtins(value)), order="sorted"
        )
    return msgspec.json.format(packed, indent=2) + b"\n"


def encode_assessment(assessment: Assessment) -> bytes:
    """Encode an assessment: UTF-8 JSON that answers to `json_schema()`."""
    return encode(assessment)


def decode_assessment(document: bytes) -> Assessment:
    """Decode what `encode_assessment` wrote; keys that are not known are passed over.

    Raises:
        ValueError: the document is no JSON, of another schema, or lacks a key; says which.
    """
    import msgspec

    head = msgspec.json.decode(document)
    found = head.get("schema") if isinstance(head, dict) else None
    if found != SCHEMA:
        raise ValueError(f"the schema is {found!r}, not {SCHEMA!r}")
    return msgspec.json.decode(document, type=Assessment)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of an assessment document."""
    import msgspec

    schema: dict[str, Any] = msgspec.json.schema(Assessment)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **schema,
    }


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
