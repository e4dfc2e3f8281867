"""The JSON Schema that ships with the package says what `assessment.json` holds."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hevesy.case
from hevesy.model import decode_assessment, encode_assessment, json_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.model import Assessment

SCHEMA = Path(hevesy.case.__file__).with_name("assessment.schema.json")

PROMISED = {
    "ServerAssessment": "name verdict at_least why coverage builds exposures",
    "Coverage": "kind first last records damaged gaps",
    "Loss": "input source state reason",
    "Assessment": "schema servers incidents hypotheses actions losses",
}
"""What design and documentation promise to other programs, by type."""


def test_the_schema_is_that_of_the_dataclasses(golden: Callable[[Path, str], None]) -> None:
    """A changed noun changes the committed schema, so that the change is seen in review."""
    golden(SCHEMA, json.dumps(json_schema(), indent=2, sort_keys=True) + "\n")
    assert resources.files("hevesy.case").joinpath(SCHEMA.name).is_file()


def test_what_is_promised_is_required() -> None:
    """Each promised key is in the schema."""
    types = json_schema()["$defs"]

    for name, keys in PROMISED.items():
        assert set(keys.split()) <= set(types[name]["properties"]), name


def test_a_rich_assessment_answers_to_the_schema(assessment: Assessment) -> None:
    """Every key of a full document is known to the schema, and every required key is there."""
    schema = json_schema()
    document = json.loads(encode_assessment(assessment))

    assert check(document, schema, schema["$defs"]) > 1000


def test_the_document_is_canonical(assessment: Assessment) -> None:
    """Decoding and encoding again gives the same bytes; times end in Z, keys are sorted."""
    document = encode_assessment(assessment)

    assert encode_assessment(decode_assessment(document)) == document
    assert b'"first": "2021-03-02T23:41:07.120000Z"' in document
    assert list(json.loads(document)) == sorted(json.loads(document))


def check(value: Any, schema: dict[str, Any], types: dict[str, Any]) -> int:  # noqa: ANN401
    """Check a value against the part of JSON Schema that msgspec writes; count the values."""
    if "$ref" in schema:
        return check(value, types[schema["$ref"].rpartition("/")[2]], types)
    if "anyOf" in schema:
        return max(check(value, option, types) for option in schema["anyOf"] if fits(value, option))
    if "enum" in schema:
        assert value in schema["enum"]
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        return 1 + sum(check(item, schema["properties"][key], types) for key, item in value.items())
    if isinstance(value, list):
        each = schema.get("prefixItems") or [schema["items"]] * len(value)
        return 1 + sum(check(item, one, types) for item, one in zip(value, each, strict=True))
    assert "enum" in schema or fits(value, schema)
    return 1


def fits(value: object, schema: dict[str, Any]) -> bool:
    """Whether a value is of the type that a schema names."""
    python = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
        "number": float,
        "array": list,
    }
    if "$ref" in schema:
        return value is not None
    return isinstance(value, python[schema["type"]])
