"""XML as a small tree with line numbers; what could reach outside the document is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from hevesy.errors import EvidenceError, EvidenceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["XmlElement", "parse_xml"]

_DEPTH = 400
_ELEMENTS = 2_000_000
_BYTES = 64 << 20
_CUT_SHORT = (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)


@dataclass(slots=True)
class XmlElement:
    """One element; its text is that directly within it, its children's left out."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[XmlElement] = field(default_factory=list)

    def child(self, tag: str) -> XmlElement | None:
        """The first child of that name, whatever its case."""
        wanted = tag.lower()
        return next((one for one in self.children if one.tag.lower() == wanted), None)

    def find(self, *path: str) -> XmlElement | None:
        """The element at a path of first children; None where a step is missing."""
        found: XmlElement | None = self
        for tag in path:
            found = found.child(tag) if found else None
        return found

    def get(self, name: str) -> str | None:
        """An attribute, whatever its case."""
        wanted = name.lower()
        return next((v for k, v in self.attributes.items() if k.lower() == wanted), None)

    def walk(self) -> Iterator[XmlElement]:
        """The element and all below it, in order of the document."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.children))


def parse_xml(data: bytes) -> XmlElement:
    """The root of a document.

    Document types and entities are refused, so that nothing is fetched and nothing grows; depth,
    number of elements and size are bounded.

    Raises:
        EvidenceError: It is no well-formed XML: `line 52: mismatched tag`.
        EvidenceRefused: It declares a document type or entity, or is larger than any real one.
    """
    if len(data) > _BYTES:
        raise EvidenceRefused(f"more than {_BYTES >> 20} MB of XML")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)  # noqa: FBT003  # expat takes it by position
    except expat.ExpatError as error:
        reason = builder.unclosed(error.code) or expat.ErrorString(error.code)
        raise EvidenceError(f"line {error.lineno}: {reason}") from error
    except (LookupError, ValueError) as error:
        raise EvidenceError(f"line {builder.parser.CurrentLineNumber}: {error}") from error
    if builder.root is None:
        raise EvidenceError("line 1: no element found")
    return builder.root


class _Builder:
    """What expat calls while it reads."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.root: XmlElement | None = None
        self._open: list[XmlElement] = []
        self._count = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        line = self.parser.CurrentLineNumber
        if len(self._open) >= _DEPTH or self._count > _ELEMENTS:
            raise EvidenceRefused(
                f"line {line}: nested deeper, or more elements, than any real file"
            )
        element = XmlElement(tag, attributes, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def unclosed(self, code: int) -> str:
        """What a file that was cut short lacks; empty where the mistake is another one."""
        if not self._open or expat.errors.messages.get(code) not in _CUT_SHORT:
            return ""
        last = self._open[-1]
        return f"ends too early, <{last.tag}> of line {last.line} is not closed"

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _refuse(self, *_given: object) -> int:
        line = self.parser.CurrentLineNumber
        raise EvidenceRefused(f"line {line}: declares a document type or an entity")
