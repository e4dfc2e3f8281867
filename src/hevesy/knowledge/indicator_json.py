"""Indicators in STIX 2.1 bundles and MISP events: the plain comparisons, nothing clever."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hevesy.errors import ContentError
from hevesy.knowledge.indicator_row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["from_json"]

_COMPARISON = re.compile(r"([a-z0-9-]+:[\w.'\"\[\]*-]+)\s*=\s*'((?:[^'\\]|\\.)*)'")
"""One comparison of a STIX pattern (STIX 2.1, section 9): `object:path = 'value'`."""

_STIX_TYPES = (
    ("ipv4-addr:value", "ip"),
    ("ipv6-addr:value", "ip"),
    ("domain-name:value", "domain"),
    ("url:value", "url"),
    ("email-addr:value", "email"),
    ("file:hashes", "hash"),
    ("file:name", "file_path"),
    ("user-agent", "user_agent"),
)
_MISP_TYPES = {
    "ip-src": "ip", "ip-dst": "ip", "domain": "domain", "hostname": "domain", "url": "url",
    "md5": "hash", "sha1": "hash", "sha256": "hash", "filename": "file_path",
    "user-agent": "user_agent", "email-src": "email", "email-dst": "email", "email": "email",
}  # fmt: skip
"""MISP attribute types that a log or a file can be compared with; the others tell a story."""


def from_json(path: Path, text: str) -> Iterator[Row]:
    """Rows of a STIX 2.1 bundle or a MISP event (alone, under `Event`, or under `response`).

    Of STIX every `=` comparison of every indicator's pattern is taken; of MISP the attributes
    that are meant for detection (`to_ids` is not false), in objects too.

    Raises:
        ContentError: It is not JSON, or neither of the two.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ContentError(f"is not JSON: {error}", str(path)) from error
    if isinstance(document, dict) and document.get("type") == "bundle":
        return _stix(document)
    events = list(_misp_events(document))
    if not events:
        raise ContentError("is neither a STIX 2.1 bundle nor a MISP event", str(path))
    return (row for event in events for row in _misp(event))


def _stix(bundle: dict[str, Any]) -> Iterator[Row]:
    for thing in bundle.get("objects", ()):
        if not isinstance(thing, dict) or thing.get("type") != "indicator":
            continue
        context = str(thing.get("name") or thing.get("description") or "")
        for where, value in _COMPARISON.findall(str(thing.get("pattern", ""))):
            kind = next((kind for start, kind in _STIX_TYPES if start in where.lower()), "")
            if kind:
                yield Row(0, re.sub(r"\\(.)", r"\1", value), kind, context)


def _misp_events(document: object) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from _misp_events(one)
    elif isinstance(document, dict):
        if "Event" in document or "response" in document:
            yield from _misp_events(document.get("Event") or document.get("response"))
        elif "Attribute" in document or "Object" in document:
            yield document


def _misp(event: dict[str, Any]) -> Iterator[Row]:
    story = str(event.get("info", ""))
    attributes = list(event.get("Attribute", ()))
    for thing in event.get("Object", ()):
        attributes.extend(thing.get("Attribute", ()))
    for attribute in attributes:
        if attribute.get("to_ids") is False:
            continue
        # A composite such as `filename|sha256` holds one value for each of its types.
        kinds = str(attribute.get("type", "")).split("|")
        values = str(attribute.get("value", "")).split("|", len(kinds) - 1)
        for kind, value in zip(kinds, values, strict=False):
            if kind in _MISP_TYPES and value:
                yield Row(0, value, _MISP_TYPES[kind], str(attribute.get("comment") or story))
