"""Correlation rules compiled: references resolved, each after those that it refers to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hevesy.sigma.correlation import Clause, Correlation
from hevesy.sigma.describing import describe
from hevesy.sigma.explaining import said
from hevesy.sigma.lowering import NotUsableError
from hevesy.sigma.parsing import PYSIGMA_FAILURES, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigma.processing.pipeline import ProcessingPipeline

    from hevesy.sigma.parsing import Parsed, Placed
    from hevesy.sigma.rule import Refusal, Rule

__all__ = ["compile_correlations", "processed"]

_MOST_CLAUSES = 256
_ALL = 100
"""Per cent."""

_Literals = frozenset[tuple[int, bool]]
"""Rules, each with whether its events must be there or must not."""


def compile_correlations(
    placed: Sequence[Placed], rules: list[Rule], refused: list[Refusal]
) -> tuple[Correlation, ...]:
    """Append correlation rules to `rules`, or to `refused` what cannot be resolved."""
    known: dict[str, int] = {}
    for index, rule in enumerate(rules):
        known.update({key: index for key in (rule.id, rule.name) if key})
    names = Counter(rule.name for rule in rules)
    names.update(str(each.content.get("name", "")) for each in placed)
    done: list[Correlation] = []
    waiting = list(placed)
    while waiting:
        ready = [each for each in waiting if not _unknown(each, known)]
        if not ready:
            break
        for each in ready:
            waiting.remove(each)
            try:
                compiled = _compiled(each, len(rules), known)
            except NotUsableError as error:
                refused.append(refuse(each.file, each.line, each.content, error.kind, error.reason))
                continue
            rules.append(_described(each, names))
            known.update({key: compiled.rule for key in (rules[-1].id, rules[-1].name) if key})
            done.append(compiled)
    for each in waiting:
        reason = "refers to rules that are not in use: " + ", ".join(_unknown(each, known))
        if _in_circle(each, waiting):
            reason = "refers to itself, by way of " + ", ".join(_unknown(each, known))
        refused.append(refuse(each.file, each.line, each.content, "syntax", reason))
    return tuple(done)


def processed(
    parsed: Parsed, pipelines: Sequence[ProcessingPipeline], refused: list[Refusal]
) -> list[Placed]:
    """The correlations after pipelines, which may rename what they group by and compute with.

    Args:
        parsed: All rules; pipelines ask those that a correlation refers to for their log source.
        pipelines: Those that the rules went through.
        refused: Gets the correlations that a pipeline refuses.
    """
    if not pipelines:
        return parsed.correlations
    by_key = {
        key: each.rule
        for each in (*parsed.rules, *parsed.correlations)
        for key in (str(each.rule.id or ""), each.rule.name)
        if key
    }
    found: list[Placed] = []
    for placed in parsed.correlations:
        try:
            _process(placed.rule, pipelines, by_key)
        except PYSIGMA_FAILURES as error:
            reason = said(error)
            refused.append(refuse(placed.file, placed.line, placed.content, "syntax", reason))
        else:
            found.append(placed)
    return found


def _process(
    rule: Any,  # noqa: ANN401  # a SigmaCorrelationRule
    pipelines: Sequence[ProcessingPipeline],
    by_key: Mapping[str, Any],
) -> None:
    """Send a correlation through pipelines, its references resolved."""
    from sigma.correlations import SigmaRuleReference

    rule.referenced_rules = [SigmaRuleReference(name) for name in _references(rule)]
    for reference in rule.referenced_rules:
        if reference.reference in by_key:
            reference.rule = by_key[reference.reference]
    for pipeline in pipelines:
        pipeline.apply(rule)


def _described(placed: Placed, names: Mapping[str, int]) -> Rule:
    """The description of a correlation; that a name is not one rule's alone is a warning."""
    rule = describe(placed, (), correlation=True)
    unclear = [name for name in _references(placed.rule) if names.get(name, 0) > 1]
    warnings = [f"several rules are called '{name}': the last of them is meant" for name in unclear]
    return replace(rule, warnings=(*rule.warnings, *warnings))


def _in_circle(placed: Placed, waiting: Sequence[Placed]) -> bool:
    """Whether a correlation refers to itself by way of others."""
    by_key = {
        key: each for each in waiting for key in (str(each.rule.id or ""), each.rule.name) if key
    }
    todo, seen = _references(placed.rule), set[str]()
    while todo:
        name = todo.pop()
        found = by_key.get(name)
        if found is placed:
            return True
        if found is not None and name not in seen:
            seen.add(name)
            todo += _references(found.rule)
    return False


def _references(rule: Any) -> list[str]:  # noqa: ANN401  # a SigmaCorrelationRule
    """The rules that a correlation names, in its list or else in its condition."""
    if rule.rules:
        return [_key(each.reference) for each in rule.rules]
    named: list[str] = rule.condition.get_referenced_rules()
    return named


def _key(reference: object) -> str:
    """What a rule is known by: an id is the same in whatever case it is written."""
    try:
        return str(UUID(str(reference)))
    except ValueError:
        return str(reference)


def _unknown(placed: Placed, known: dict[str, int]) -> list[str]:
    """The references that cannot be resolved (yet)."""
    return [name for name in _references(placed.rule) if name not in known]


def _compiled(placed: Placed, index: int, known: dict[str, int]) -> Correlation:
    """One correlation.

    Raises:
        NotUsableError: Its condition can never hold, or asks for what there is not; an alias is of
            an unknown rule.
    """
    from sigma.correlations import SigmaCorrelationCondition

    rule: Any = placed.rule
    rules = tuple(known[name] for name in _references(rule))
    kind = rule.type.name.lower()
    if isinstance(rule.condition, SigmaCorrelationCondition):
        asked = _counted(kind, rule.condition, placed.content["correlation"].get("condition") or {})
        if kind == "temporal" and "condition" not in placed.content["correlation"]:
            asked["count"] = float(len(set(rules)))  # all of them, however often one is listed
        if kind == "temporal_ordered" and (asked["op"], asked["count"]) != ("gte", len(rules)):
            raise NotUsableError("unsupported", "temporal_ordered of a number of its rules")
    else:
        clauses = _clauses(rule.condition.parsed, rules, known)
        asked = {"op": "gte", "count": 1.0, "clauses": clauses}
    return Correlation(
        rule=index,
        kind=kind,
        rules=rules,
        seconds=rule.timespan.seconds,
        group_by=tuple(rule.group_by or ()),
        aliases={alias.alias: _alias(alias, known) for alias in rule.aliases},
        generate=bool(rule.generate),
        **asked,
    )


def _counted(kind: str, condition: Any, written: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # a SigmaCorrelationCondition
    """A condition that compares a number.

    Raises:
        NotUsableError: A percentile that there is not.
    """
    op, named = condition.op.name.lower(), condition.fieldref
    # pySigma cuts numbers off behind the point, and counts the listed rules where a temporal rule
    # states no condition
    percentile = _exact(written.get("percentile"), condition.percentile, usual=50.0)
    if kind == "value_percentile" and not 0 <= percentile <= _ALL:
        raise NotUsableError("syntax", f"a percentile is from 0 to 100, not {percentile:g}")
    return {
        "op": op,
        "count": _exact(written.get(op), condition.count),
        "fields": (named,) if isinstance(named, str) else tuple(named or ()),
        "percentile": percentile,
    }


def _exact(written: object, read: int | None, usual: float = 0.0) -> float:
    """The number that a rule holds: as written, where it is one, else as pySigma has read it."""
    if isinstance(written, int | float):
        return float(written)
    return usual if read is None else float(read)


def _alias(alias: Any, known: Mapping[str, int]) -> dict[int, str]:  # noqa: ANN401  # a SigmaCorrelationFieldAlias
    """Rule -> the field that a name in `group-by` stands for.

    Raises:
        NotUsableError: One of the rules is not in use.
    """
    found: dict[int, str] = {}
    for reference, name in alias.mapping.items():
        key = _key(reference.reference)
        if key not in known:
            reason = f"the alias {alias.alias} is of a rule not in use: {key}"
            raise NotUsableError("syntax", reason)
        found[known[key]] = name
    return found


def _clauses(tree: Any, rules: tuple[int, ...], known: dict[str, int]) -> tuple[Clause, ...]:  # noqa: ANN401  # pySigma's condition tree
    """A condition over rule names as clauses of which one must hold.

    Raises:
        NotUsableError: None ever can, or there are too many.
    """
    found = []
    for literals in sorted(_alternatives(tree, known, wanted=True), key=sorted):
        present = {rule for rule, wanted in literals if wanted}
        absent = {rule for rule, wanted in literals if not wanted}
        if present & absent:
            continue  # can never hold
        found.append(
            Clause(tuple(rule for rule in rules if rule in present), tuple(sorted(absent)))
        )
    if not found:
        raise NotUsableError("syntax", "a condition over rule names that can never hold")
    return tuple(found)


def _alternatives(tree: Any, known: dict[str, int], *, wanted: bool) -> set[_Literals]:  # noqa: ANN401  # pySigma's condition tree
    """The disjunctive normal form of a condition, or of its negation."""
    from sigma.correlations import CorrelationConditionNOT, CorrelationConditionOR

    if not hasattr(tree, "args"):
        return {frozenset({(known[tree.reference], wanted)})}
    if isinstance(tree, CorrelationConditionNOT):
        return _alternatives(tree.args[0], known, wanted=not wanted)
    parts = [_alternatives(each, known, wanted=wanted) for each in tree.args]
    if isinstance(tree, CorrelationConditionOR) is wanted:
        return set[_Literals]().union(*parts)
    joined: set[_Literals] = {frozenset()}
    for part in parts:
        joined = {one | other for one in joined for other in part}
        if len(joined) > _MOST_CLAUSES:
            reason = f"a condition over rule names with more than {_MOST_CLAUSES} alternatives"
            raise NotUsableError("unsupported", reason)
    return joined
