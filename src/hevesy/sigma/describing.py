"""What a rule's own text says of it, never trusted to be of the right type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hevesy.sigma.parsing import logsource_of
from hevesy.sigma.rule import Rule
from hevesy.sigma.taxonomy import LogSource

if TYPE_CHECKING:
    from hevesy.sigma.parsing import Placed

__all__ = ["describe"]

_LEVELS = ("informational", "low", "medium", "high", "critical")
_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?")
_GROUP_OR_SOFTWARE = re.compile(r"[gs]\d{4}")


def describe(placed: Placed, tables: tuple[str, ...], *, correlation: bool = False) -> Rule:
    """The description of a rule that is in use."""
    content = placed.content
    tags = tuple(tag.lower() for tag in _texts(content.get("tags")))
    attack = [tag.removeprefix("attack.") for tag in tags if tag.startswith("attack.")]
    techniques = [tag for tag in attack if _TECHNIQUE.fullmatch(tag)]
    custom, source = content.get("custom"), content.get("logsource")
    return Rule(
        id=_text(placed.rule.id),
        title=_text(content.get("title")),
        author=_text(content.get("author")),
        level=_one_of(content.get("level"), _LEVELS),
        status=_one_of(content.get("status"), _STATUSES),
        description=_text(content.get("description")),
        references=_texts(content.get("references")),
        falsepositives=_texts(content.get("falsepositives")),
        tags=tags,
        techniques=tuple(tag.upper() for tag in techniques),
        cves=tuple(_cve(tag) for tag in tags if tag.startswith("cve.")),
        tactics=tuple(
            tag for tag in attack if tag not in techniques and not _GROUP_OR_SOFTWARE.fullmatch(tag)
        ),
        logsource=logsource_of(source) if isinstance(source, Mapping) else LogSource(),
        file=placed.file,
        line=placed.line,
        licence=_text(content.get("license")),
        custom=dict(custom) if isinstance(custom, Mapping) else {},
        tables=tables,
        name=_text(content.get("name")),
        warnings=placed.warnings,
        correlation=correlation,
    )


def _text(value: object) -> str:
    """A value as text, a list as its items with commas."""
    if isinstance(value, list):
        return ", ".join(_texts(value))
    return "" if value is None else str(value).strip()


def _texts(value: object) -> tuple[str, ...]:
    """A list's items as text; a single value counts as a list of one."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(item) for item in items)


def _one_of(value: object, known: tuple[str, ...]) -> str:
    text = str(value).lower()
    return text if text in known else ""


def _cve(tag: str) -> str:
    """`cve.2021-26855` or `cve.2021.26855` as `CVE-2021-26855`."""
    return "CVE-" + tag.removeprefix("cve.").replace(".", "-")
