"""CliXML, what PowerShell's Export-Clixml writes, as plain values.

Format: [MS-PSRP] section 2.2.5: `Objs` holds values; `Obj` has type names (`TN`), a text
(`ToString`), properties (`Props`, `MS`), and may be a list (`LST`, `IE`, `QUE`, `STK`) or a table
(`DCT`); simple values are `S`, `I32`, `B`, `Version`, ...; `_x000D_` stands for a character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from hevesy.exposure.xml_tree import parse_xml

if TYPE_CHECKING:
    from hevesy.exposure.xml_tree import XmlElement

__all__ = ["LINE", "TEXT", "TYPES", "Plain", "dig", "is_clixml", "read_clixml"]

Plain: TypeAlias = "str | bool | list[Plain] | dict[str, Plain] | None"
"""Numbers stay text. An object is a dict of its properties."""

TEXT, TYPES, LINE = "#text", "#types", "#line"
"""Keys of an object beside its properties: its text, its type names joined by blanks, its line."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LISTS = ("LST", "IE", "QUE", "STK")
_START = re.compile(rb"<Objs[\s>]")


def is_clixml(head: bytes) -> bool:
    """Whether a file begins like CliXML, in UTF-8 or UTF-16."""
    return _START.search(head[:4096].replace(b"\0", b"")) is not None


def read_clixml(data: bytes) -> list[Plain]:
    """The values of a document.

    Raises:
        EvidenceError: It is no well-formed XML; says the line.
    """
    root = parse_xml(data)
    objects: dict[str, Plain] = {}
    return [_value(child, objects) for child in root.children]


def dig(value: Plain, *path: str) -> Plain:
    """The property at a path, names in any case; None where a step is missing."""
    for name in path:
        if not isinstance(value, dict):
            return None
        wanted = name.lower()
        value = next((inner for key, inner in value.items() if key.lower() == wanted), None)
    return value


def _value(element: XmlElement, objects: dict[str, Plain]) -> Plain:
    if element.tag == "Obj":
        return _object(element, objects)
    if element.tag == "Ref":
        return objects.get(element.attributes.get("RefId", ""))
    if element.tag == "Nil":
        return None
    if element.tag == "B":
        return element.text.strip().lower() == "true"
    return _unescape(element.text)


def _object(element: XmlElement, objects: dict[str, Plain]) -> Plain:
    found: dict[str, Plain] = {LINE: str(element.line)}
    reference = element.attributes.get("RefId", "")
    objects[reference] = found
    for child in element.children:
        if child.tag in {"Props", "MS"}:
            for one in child.children:
                found[_unescape(one.attributes.get("N", ""))] = _value(one, objects)
        elif child.tag in _LISTS:
            items = [_value(one, objects) for one in child.children]
            objects[reference] = items
            return items
        elif child.tag == "DCT":
            found.update(_table(child, objects))
        elif child.tag == "TN":
            found[TYPES] = " ".join(one.text for one in child.children)
        elif child.tag == "ToString":
            found[TEXT] = _unescape(child.text)
        elif child.tag != "TNRef":
            found.setdefault(TEXT, _unescape(child.text))
    return found


def _table(element: XmlElement, objects: dict[str, Plain]) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for entry in element.children:
        named = {one.attributes.get("N", ""): _value(one, objects) for one in entry.children}
        found[str(named.get("Key", ""))] = named.get("Value")
    return found


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
