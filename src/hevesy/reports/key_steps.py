"""Which steps of a chain tell it in few lines: the way in, and the first of each grave stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.model import Outcome, Stage, Step

if TYPE_CHECKING:
    from hevesy.model import Chain

__all__ = ["KeySteps", "choose_steps"]


@dataclass(frozen=True, slots=True)
class KeySteps:
    """A chain in short."""

    steps: tuple[Step, ...]
    """In the order of the chain."""
    more: int
    """Steps that are not among them."""


def choose_steps(chain: Chain, most: int) -> KeySteps:
    """Choose at most `most` steps: one a stage; if there are too many, the way in and the gravest.

    Of a stage the first step that succeeded is taken, or else the first.
    """
    steps = chain.steps
    if not steps:
        return KeySteps((), 0)
    by_stage: dict[Stage, int] = {}
    for number, step in enumerate(steps):
        kept = by_stage.get(step.stage)
        if kept is None or _succeeded(step) > _succeeded(steps[kept]):
            by_stage[step.stage] = number
    gravest = sorted(by_stage.values(), key=lambda n: (_succeeded(steps[n]), steps[n].stage.rank))
    way_in = min(by_stage.values(), key=lambda n: (not _succeeded(steps[n]), steps[n].stage.rank))
    rest = [number for number in reversed(gravest) if number != way_in]
    chosen = sorted([way_in, *rest[: most - 1]])
    return KeySteps(tuple(steps[number] for number in chosen), len(steps) - len(chosen))


def _succeeded(step: Step) -> bool:
    return step.outcome is Outcome.SUCCESS
