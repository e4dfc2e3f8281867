"""Documents to pySigma's rules: collection actions, filters, and every mistake as a `Refusal`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hevesy.sigma.collecting import Collection
from hevesy.sigma.explaining import explain, said
from hevesy.sigma.lowering import NotUsableError
from hevesy.sigma.rule import Refusal, RefusalKind
from hevesy.sigma.taxonomy import LogSource

if TYPE_CHECKING:
    from hevesy.sigma.documents import Document

__all__ = ["PYSIGMA_FAILURES", "Parsed", "Placed", "logsource_of", "parse", "refuse"]

PYSIGMA_FAILURES = (
    ValueError,  # SigmaError among them
    AttributeError,
    LookupError,
    TypeError,
    NotImplementedError,
    RecursionError,
    NameError,  # an unset variable, for some correlations without condition
    AssertionError,
)
"""What pySigma raises over a rule: it trusts some shapes that it never checked."""

_NEEDED = ("title", "logsource", "detection", "correlation", "filter")
"""Keys without which a rule looks for nothing; a mistake in another leaves it in use."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule of pySigma and where it stands."""

    file: str
    line: int
    rule: Any
    """A `SigmaRule`, `SigmaCorrelationRule` or `SigmaFilter`."""
    content: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    inherits: bool = False
    """See `Document.inherits`."""


@dataclass(slots=True)
class Parsed:
    """All that the documents hold."""

    rules: list[Placed] = field(default_factory=list)
    correlations: list[Placed] = field(default_factory=list)
    filters: list[Placed] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def refuse(
    file: str, line: int, content: Mapping[str, Any] | None, kind: RefusalKind, reason: str
) -> Refusal:
    """A refusal that names the rule as far as it says who it is."""
    content = content or {}
    source = content.get("logsource")
    return Refusal(
        file=file,
        line=line,
        rule_id=str(content.get("id") or ""),
        title=str(content.get("title") or ""),
        kind=kind,
        reason=reason,
        logsource=logsource_of(source) if isinstance(source, Mapping) else LogSource(),
    )


def logsource_of(source: Mapping[str, Any]) -> LogSource:
    """The log source that a rule's map names."""
    named = {
        key: str(value)
        for key in ("product", "category", "service")
        if (value := source.get(key)) is not None
    }
    return LogSource(**named)


def parse(found: Iterable[Document]) -> Parsed:
    """Rules, correlations, filters and refusals of documents, which are given file after file."""
    parsed = Parsed()
    for document in _resolved(found, parsed.refused):
        _parse_one(document, parsed)
    _apply_filters(parsed)
    _refuse_duplicates(parsed)
    return parsed


def _resolved(found: Iterable[Document], refused: list[Refusal]) -> Iterator[Document]:
    """Documents with the collection actions `global`, `reset` and `repeat` carried out."""
    collection = Collection()
    for document in found:
        if document.file != collection.file:
            collection = Collection(document.file)
        content = document.content
        if content is None:
            refused.append(refuse(document.file, document.line, None, "syntax", document.error))
            continue
        try:
            resolved = collection.resolved(document, content)
        except NotUsableError as error:
            refused.append(refuse(document.file, document.line, content, error.kind, error.reason))
        else:
            if resolved is not None:
                yield resolved


def _parse_one(document: Document, parsed: Parsed) -> None:
    """Put one document where it belongs."""
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule

    content = document.content or {}
    kind: Any = SigmaRule
    found = parsed.rules
    if "correlation" in content:
        kind, found = SigmaCorrelationRule, parsed.correlations
    elif "filter" in content:
        kind, found = SigmaFilter, parsed.filters
    try:
        rule, warnings = _read(kind, content)
    except PYSIGMA_FAILURES as error:
        reason = explain([said(error)], content)
        parsed.refused.append(refuse(document.file, document.line, content, "syntax", reason))
        return
    inherits = document.inherits
    found.append(Placed(document.file, document.line, rule, content, warnings, inherits))


def _read(kind: Any, content: dict[str, Any]) -> tuple[Any, tuple[str, ...]]:  # noqa: ANN401  # a class of pySigma, and what it makes
    """A rule, correlation or filter, and the mistakes that do not keep it from use.

    Raises:
        SigmaError: What it looks for is wrong; so for the others of `PYSIGMA_FAILURES`.
    """
    rule: Any = None
    try:
        rule = kind.from_dict(content, collect_errors=True)
        warnings = tuple(str(each) for each in rule.errors)
    except PYSIGMA_FAILURES as error:
        warnings = (said(error),)
    if warnings:  # does it stand up without what is beside the detection?
        alone = kind.from_dict({key: content[key] for key in _NEEDED if key in content})
        rule = _named(alone, content) if rule is None else rule
    if "filter" in content:  # else each rule that it narrows would be refused in its place
        for condition in rule.filter.parsed_condition:
            _ = condition.parsed
    return rule, warnings


def _named(rule: Any, content: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as in `_read`
    """The rule with what others refer to it by."""
    with contextlib.suppress(ValueError):
        rule.id = UUID(str(content.get("id")))
    rule.name = str(content["name"]) if "name" in content else None
    return rule


def _apply_filters(parsed: Parsed) -> None:
    """Let each Sigma filter narrow the rules that it names; pySigma changes them in place."""
    for each in parsed.filters:
        detections = [placed.rule.detection.detections for placed in parsed.rules]
        before = [len(found) for found in detections]
        for placed in parsed.rules:
            each.rule.apply_on_rule(placed.rule)
        named = each.rule.filter.rules
        if isinstance(named, list) and before == [len(found) for found in detections]:
            names = ", ".join(reference.reference for reference in named)
            reason = f"narrows no rule: none of this log source is given as {names}"
            parsed.refused.append(refuse(each.file, each.line, each.content, "syntax", reason))


def _refuse_duplicates(parsed: Parsed) -> None:
    """Keep the first rule of each id, and those that have it from the same rule collection."""
    seen: dict[str, Placed] = {}

    def first(placed: Placed) -> bool:
        identity = str(placed.rule.id or "")
        earlier = seen.setdefault(identity, placed) if identity else placed
        if earlier is placed or (placed.inherits and earlier.file == placed.file):
            return True
        reason = f"the same id as {earlier.file}:{earlier.line}"
        parsed.refused.append(refuse(placed.file, placed.line, placed.content, "duplicate", reason))
        return False

    parsed.rules[:] = [placed for placed in parsed.rules if first(placed)]
    parsed.correlations[:] = [placed for placed in parsed.correlations if first(placed)]
