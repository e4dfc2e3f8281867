"""Correlation rules compiled: references resolved, each after those that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hevesy.sigma.correlation import Clause, Correlation
from hevesy.sigma.describing import describe
from hevesy.sigma.lowering import NotUsableError
from hevesy.sigma.parsing import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.sigma.parsing import Placed
    from hevesy.sigma.rule import Refusal, Rule

__all__ = ["compile_correlations"]

_MOST_CLAUSES = 256

_Literals = frozenset[tuple[int, bool]]
"""Rules, each with whether its events must be there or must not."""


def compile_correlations(
    placed: Sequence[Placed], rules: list[Rule], refused: list[Refusal]
) -> tuple[Correlation, ...]:
    """Append correlation rules to `rules`, or to `refused` what cannot be resolved."""
    known: dict[str, int] = {}
    for index, rule in enumerate(rules):
        known.update({key: index for key in (rule.id, rule.name) if key})
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
            rules.append(describe(each, (), correlation=True))
            known.update({key: compiled.rule for key in (rules[-1].id, rules[-1].name) if key})
            done.append(compiled)
    for each in waiting:
        reason = "refers to rules that are not in use: " + ", ".join(_unknown(each, known))
        refused.append(refuse(each.file, each.line, each.content, "syntax", reason))
    return tuple(done)


def _references(rule: Any) -> list[str]:  # noqa: ANN401  # a SigmaCorrelationRule
    """The rules that a correlation names, in its list or else in its condition."""
    if rule.rules:
        return [each.reference for each in rule.rules]
    named: list[str] = rule.condition.get_referenced_rules()
    return named


def _unknown(placed: Placed, known: dict[str, int]) -> list[str]:
    """The references that cannot be resolved (yet)."""
    return [name for name in _references(placed.rule) if name not in known]


def _compiled(placed: Placed, index: int, known: dict[str, int]) -> Correlation:
    """One correlation.

    Raises:
        NotUsableError: Its condition over rule names can never hold, or has too many alternatives.
    """
    from sigma.correlations import SigmaCorrelationCondition

    rule: Any = placed.rule
    rules = tuple(known[name] for name in _references(rule))
    condition = rule.condition
    said: dict[str, Any] = {"op": "gte", "count": 1.0}
    if isinstance(condition, SigmaCorrelationCondition):
        named = condition.fieldref
        said = {
            "op": condition.op.name.lower(),
            # pySigma counts the listed rules where a temporal rule states no condition
            "count": float(condition.count),
            "fields": (named,) if isinstance(named, str) else tuple(named or ()),
            "percentile": float(50 if condition.percentile is None else condition.percentile),
        }
    else:
        said["clauses"] = _clauses(condition.parsed, rules, known)
    return Correlation(
        rule=index,
        kind=rule.type.name.lower(),
        rules=rules,
        seconds=rule.timespan.seconds,
        group_by=tuple(rule.group_by or ()),
        aliases={
            alias.alias: {
                known[reference.reference]: name
                for reference, name in alias.mapping.items()
                if reference.reference in known
            }
            for alias in rule.aliases
        },
        generate=bool(rule.generate),
        **said,
    )


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
