"""Documents to pySigma's rules: collection actions, filters, and every mistake as a `Refusal`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hevesy.sigma.rule import Refusal, RefusalKind
from hevesy.sigma.taxonomy import LogSource

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule  # noqa: TC004  # imported late, where used
    from sigma.filters import SigmaFilter  # noqa: TC004  # imported late, where used
    from sigma.rule import SigmaRule  # noqa: TC004  # imported late, where used

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

# Mistakes in these leave the detection as it is: the rule is used, and the mistake is told.
_HARMLESS = frozenset(
    f"Sigma{name}Error"
    for name in (
        *("Author", "Date", "Modified", "Description", "FalsePositives", "Fields", "Identifier"),
        *("Level", "License", "Name", "References", "Related", "Scope", "Status", "Tag"),
        "Taxonomy",
    )
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule of pySigma and where it stands."""

    file: str
    line: int
    rule: SigmaRule | SigmaCorrelationRule
    content: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Parsed:
    """All that the documents hold."""

    rules: list[Placed] = field(default_factory=list)
    correlations: list[Placed] = field(default_factory=list)
    filters: list[SigmaFilter] = field(default_factory=list)
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
    from sigma.collection import deep_dict_update

    file, shared, previous = "", dict[str, Any](), dict[str, Any]()
    for document in found:
        if document.file != file:
            file, shared, previous = document.file, {}, {}
        content = document.content
        if content is None:
            refused.append(refuse(document.file, document.line, None, "syntax", document.error))
            continue
        action = content.pop("action", None)
        if action == "global":
            shared = content
        elif action == "reset":
            shared = {}
        elif action == "repeat":
            previous = deep_dict_update(copy.deepcopy(previous), content)
            yield replace(document, content=previous)
        elif action is not None:
            reason = f"unknown collection action '{action}'"
            refused.append(refuse(document.file, document.line, content, "syntax", reason))
        elif "correlation" in content or "filter" in content:
            yield document
        else:
            previous = deep_dict_update(content, copy.deepcopy(shared)) if shared else content
            yield replace(document, content=previous)


def _parse_one(document: Document, parsed: Parsed) -> None:
    """Put one document where it belongs."""
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule

    content = document.content or {}
    kind: Any = SigmaRule
    if "correlation" in content:
        kind = SigmaCorrelationRule
    elif "filter" in content:
        kind = SigmaFilter
    try:
        rule = kind.from_dict(content, collect_errors=kind is SigmaRule)
        wrong = [str(each) for each in rule.errors if type(each).__name__ not in _HARMLESS]
    except PYSIGMA_FAILURES as error:
        wrong = [f"{type(error).__name__}: {error}"]
    if wrong:
        reason = "; ".join(wrong)
        parsed.refused.append(refuse(document.file, document.line, content, "syntax", reason))
    elif kind is SigmaFilter:
        parsed.filters.append(rule)
    else:
        warnings = tuple(str(each) for each in rule.errors)
        placed = Placed(document.file, document.line, rule, content, warnings)
        (parsed.rules if kind is SigmaRule else parsed.correlations).append(placed)


def _apply_filters(parsed: Parsed) -> None:
    """Let each Sigma filter narrow the rules that it names; pySigma changes them in place."""
    for placed in parsed.rules:
        for each in parsed.filters:
            each.apply_on_rule(placed.rule)


def _refuse_duplicates(parsed: Parsed) -> None:
    """Keep the first rule of each id."""
    seen: dict[str, Placed] = {}

    def first(placed: Placed) -> bool:
        identity = str(placed.rule.id or "")
        earlier = seen.setdefault(identity, placed) if identity else placed
        if earlier is placed:
            return True
        reason = f"the same id as {earlier.file}:{earlier.line}"
        parsed.refused.append(refuse(placed.file, placed.line, placed.content, "duplicate", reason))
        return False

    parsed.rules[:] = [placed for placed in parsed.rules if first(placed)]
    parsed.correlations[:] = [placed for placed in parsed.correlations if first(placed)]
