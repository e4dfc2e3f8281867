"""web.config: URL Rewrite rules that stop known attacks, and what defeats them.

Format: Microsoft, URL Rewrite module: `system.webServer/rewrite/rules` holds `rule` elements with
`match`, `conditions/add` and `action`; `clear` and `remove` undo what is inherited. The rules of
EOMT, EOMTv2, ExchangeMitigations.ps1 and the Emergency Mitigation Service stand in the web.config
of the Default Web Site; what makes one hold is what HealthChecker asks of it (CSS-Exchange,
`Invoke-AnalyzerSecurityCve-2022-41040`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.exposure.reading import Reading
from hevesy.exposure.xml_tree import XmlElement, parse_xml
from hevesy.model import Mitigation, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hevesy.knowledge import ExchangeKnowledge, Measure

__all__ = ["RewriteRules", "judge_rewrite", "read_rewrite", "read_web_configs"]

_LISTS = ("rules", "outboundRules")
_OTHER = "tests something else"
_BLOCKING = ("abortrequest", "customresponse")


@dataclass(frozen=True, slots=True)
class RewriteRules:
    """The URL Rewrite rules of one web.config."""

    place: str
    site_root: bool
    """Whether it is that of the Default Web Site, from which the others inherit."""
    back_end: bool
    """Whether it is of the Exchange Back End, which is another site and inherits nothing of it."""
    rules: tuple[XmlElement, ...]
    cleared: int | None
    """Line of `<clear/>`; None where nothing is cleared."""
    cleared_late: int | None
    """Line of a `<clear/>` that stands after a rule, and undoes it."""
    removed: tuple[tuple[str, int], ...]
    """Names and lines of `<remove>`."""


def read_rewrite(data: bytes, place: str, windows_path: str = "") -> RewriteRules:
    r"""The rules of a web.config.

    Args:
        data: the file.
        place: how a person finds it.
        windows_path: where it lay on the server; `inetpub\wwwroot\web.config` is the site's.

    Raises:
        EvidenceError: It is no well-formed XML; says the line.
    """
    root = parse_xml(data)
    rewrites = [element for element in root.walk() if element.tag == "rewrite"]
    lists = [one for rewrite in rewrites for one in rewrite.children if one.tag in _LISTS]
    children = [child for rules in lists for child in rules.children]
    cleared = [child.line for child in children if child.tag == "clear"]
    tags = [child.tag for child in children]
    late = (
        "clear" in tags and "rule" in tags and tags[::-1].index("clear") < tags[::-1].index("rule")
    )
    path = (windows_path or place).replace("/", "\\").lower()
    return RewriteRules(
        place=place,
        site_root=path.endswith("\\wwwroot\\web.config") or path == "web.config",
        back_end="\\clientaccess\\" in path,
        rules=tuple(child for child in children if child.tag == "rule"),
        cleared=cleared[0] if cleared else None,
        cleared_late=cleared[-1] if late else None,
        removed=tuple(
            (child.get("name") or "", child.line) for child in children if child.tag == "remove"
        ),
    )


def read_web_configs(
    files: Sequence[tuple[bytes, str, str]],
    known: ExchangeKnowledge,
    server: str = "",
    modified: Mapping[str, datetime] | None = None,
) -> Reading:
    """The mitigations of one server, from all of its web.config files together.

    Args:
        files: content, place and path on the server of each.
        known: the tables.
        server: whose they are.
        modified: when each was changed last, by its place: a rule stands since then at the latest.
    """
    read: list[RewriteRules] = []
    problems = []
    for data, place, windows_path in files:
        try:
            read.append(read_rewrite(data, place, windows_path))
        except EvidenceError as error:
            problems.append(f"{place}: cannot be read: {error}")
    times = modified or {}
    mitigations = tuple(
        replace(one, since=times[one.source], since_from="file_time")
        if one.active and one.source in times
        else one
        for one in judge_rewrite(read, known)
    )
    servers = (ServerEvidence(server, mitigations=mitigations),) if mitigations else ()
    return Reading(servers, tuple(problems))


def judge_rewrite(
    files: Sequence[RewriteRules], known: ExchangeKnowledge
) -> tuple[Mitigation, ...]:
    """Each measure of which a rule is there, and whether it holds.

    A rule counts by what it tests and does. It must stand in the web.config of the site, and no
    file below it may clear or remove it.

    Args:
        files: of one server.
        known: the tables.
    """
    found = []
    for measure in known.measures:
        if measure.tests or measure.names:
            found += _judge(measure, files)
    return tuple(found)


def _judge(measure: Measure, files: Sequence[RewriteRules]) -> list[Mitigation]:
    candidates = [
        (file, rule) for file in files for rule in file.rules if _speaks_of(rule, measure)
    ]
    if not candidates:
        return []
    at_root = [(file, rule) for file, rule in candidates if file.site_root]
    file, rule = (at_root or candidates)[0]
    why = _fault(measure, at_root, files)
    told = why or f"rule {rule.get('name')!r} stands and nothing undoes it"
    return [
        Mitigation(
            measure.name,
            measure.title,
            measure.cves,
            active=not why,
            why=told,
            source=file.place,
            line=rule.line,
        )
    ]


def _speaks_of(rule: XmlElement, measure: Measure) -> bool:
    name = rule.get("name") or ""
    patterns = {pattern for _, pattern in measure.tests} | set(measure.weak)
    tested = any(condition.get("pattern") in patterns for condition in _conditions(rule))
    return tested or any(name.lower().startswith(known.lower()) for known in measure.names)


def _fault(
    measure: Measure,
    at_root: Sequence[tuple[RewriteRules, XmlElement]],
    files: Sequence[RewriteRules],
) -> str:
    """What defeats a measure; empty where nothing does."""
    if not at_root:
        return "the rule is not in the web.config of the Default Web Site"
    rules = [rule for _, rule in at_root]
    alone = all(len(file.rules) == 1 for file, _ in at_root)
    held: list[XmlElement] = []
    faults = []
    for wanted in measure.tests or (("", ""),):
        reasons = [_rule_fault(rule, wanted, measure, alone=alone) for rule in rules]
        sound = [rule for rule, reason in zip(rules, reasons, strict=True) if not reason]
        held += sound
        if not sound:
            faults.append(_best(reasons, wanted))
    if faults:
        return "; ".join(dict.fromkeys(faults))
    return _undone(held, files)


def _best(reasons: Sequence[str], wanted: tuple[str, str]) -> str:
    """The reason that tells most: of a rule that does test what is wanted."""
    other = f"no rule tests {wanted[1]}"
    near = [reason for reason in reasons if reason != _OTHER]
    return near[0] if near else other


def _rule_fault(rule: XmlElement, wanted: tuple[str, str], measure: Measure, *, alone: bool) -> str:
    """What is wrong with one rule for one test; empty where nothing is."""
    name = rule.get("name") or ""
    reason = _test_fault(rule, wanted, measure)
    if reason or not wanted[1]:
        off = (rule.get("enabled") or "true").lower() != "true"
        return reason or (f"rule {name!r}: it is disabled" if off else "")
    action = rule.child("action")
    match = rule.child("match")
    url = (match.get("url") if match else None) or ""
    checks = (
        ((rule.get("enabled") or "true").lower() == "true", "it is disabled"),
        ((rule.get("patternSyntax") or "").lower() != "wildcard", "its pattern syntax is Wildcard"),
        (((action.get("type") if action else "") or "").lower() in _BLOCKING, "it blocks nothing"),
        (url == ".*", f"it looks at {url!r} only"),
        ((match.get("negate") if match else "") != "true", "its match is negated"),
        (_stops(rule, measure, alone=alone), "rules after it go on (stopProcessing)"),
    )
    faults = [reason for holds, reason in checks if not holds]
    return f"rule {name!r}: {', '.join(faults)}" if faults else ""


def _test_fault(rule: XmlElement, wanted: tuple[str, str], measure: Measure) -> str:
    """Whether a rule's conditions test what is wanted."""
    given, pattern = wanted
    name = rule.get("name") or ""
    conditions = _conditions(rule)
    patterns = [condition.get("pattern") for condition in conditions]
    if pattern not in patterns:
        weak = any(one in measure.weak for one in patterns)
        early = f"rule {name!r}: its pattern is an early one, which can be passed"
        return "" if not pattern else early if weak else _OTHER
    condition = conditions[patterns.index(pattern)]
    if condition.get("input") != given:
        return f"rule {name!r}: tests {condition.get('input')} instead of {given}"
    if (condition.get("negate") or "").lower() == "true":
        return f"rule {name!r}: its condition is negated"
    narrowed = len(conditions) > 1 and _all_needed(rule)
    return f"rule {name!r}: further conditions narrow it" if narrowed else ""


def _stops(rule: XmlElement, measure: Measure, *, alone: bool) -> bool:
    """AbortRequest ends the request whatever follows; other answers need stopProcessing."""
    action = rule.child("action")
    aborts = action is not None and (action.get("type") or "").lower() == "abortrequest"
    stops = (rule.get("stopProcessing") or "").lower() == "true"
    return stops or alone or (aborts and len(measure.tests) > 1)


def _undone(held: Sequence[XmlElement], files: Sequence[RewriteRules]) -> str:
    names = {(rule.get("name") or "").lower() for rule in held}
    for file in files:
        if file.back_end:
            continue
        if file.site_root:
            if file.cleared_late is not None:
                return f"{file.place}:{file.cleared_late} clears it again"
            continue
        if file.cleared is not None:
            return f"{file.place}:{file.cleared} clears the rules that it would inherit"
        gone = [line for name, line in file.removed if name.lower() in names]
        if len(gone) >= len(names) > 0:
            return f"{file.place}:{gone[0]} removes it"
    return ""


def _conditions(rule: XmlElement) -> list[XmlElement]:
    conditions = rule.child("conditions")
    return [one for one in conditions.children if one.tag == "add"] if conditions else []


def _all_needed(rule: XmlElement) -> bool:
    conditions = rule.child("conditions")
    grouping = conditions.get("logicalGrouping") if conditions else None
    return (grouping or "MatchAll").lower() != "matchany"
