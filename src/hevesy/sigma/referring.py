"""Correlation rules compiled: references resolved, each after those that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hevesy.sigma.correlation import Correlation
from hevesy.sigma.describing import describe
from hevesy.sigma.lowering import NotUsableError
from hevesy.sigma.parsing import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.sigma.parsing import Placed
    from hevesy.sigma.rule import Refusal, Rule

__all__ = ["compile_correlations"]


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


def _unknown(placed: Placed, known: dict[str, int]) -> list[str]:
    """The references that cannot be resolved (yet)."""
    rule: Any = placed.rule
    return [each.reference for each in rule.rules or () if each.reference not in known]


def _compiled(placed: Placed, index: int, known: dict[str, int]) -> Correlation:
    """One correlation.

    Raises:
        NotUsableError: It has a condition over rule names, which is not supported yet.
    """
    from sigma.correlations import SigmaCorrelationCondition

    rule: Any = placed.rule
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition) or not rule.rules:
        raise NotUsableError("unsupported", "a correlation condition over rule names")
    named = condition.fieldref
    fields = [named] if isinstance(named, str) else list(named or ())
    kind = rule.type.name.lower()
    # pySigma counts the listed rules where a temporal rule states no condition
    count = float(condition.count)
    return Correlation(
        rule=index,
        kind=kind,
        rules=tuple(known[each.reference] for each in rule.rules),
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
        op=condition.op.name.lower(),
        count=count,
        fields=tuple(fields),
        percentile=float(condition.percentile or 50),
        generate=bool(rule.generate),
    )
