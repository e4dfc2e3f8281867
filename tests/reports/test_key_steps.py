"""A chain in short tells how it began and how far it went."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Chain, Outcome, Stage, Step
from hevesy.reports.key_steps import choose_steps

if TYPE_CHECKING:
    from hevesy.model import Assessment

STEPS = st.lists(
    st.builds(
        Step,
        st.none(),
        st.sampled_from(Stage),
        st.sampled_from(Outcome),
        st.just("x"),
        st.just("f"),
    ),
    max_size=30,
)


def test_the_way_in_and_the_gravest_are_kept(assessment: Assessment) -> None:
    """Of eight stages three: the exploit, and the two gravest that succeeded, in time order."""
    key = choose_steps(assessment.incidents[0].chains[0], 3)

    assert [step.stage for step in key.steps] == [
        Stage.EXPLOIT,
        Stage.CREDENTIALS,
        Stage.COLLECTION,
    ]
    assert key.more == 5


@given(STEPS, st.integers(1, 8))
def test_nothing_is_lost_in_silence(steps: list[Step], most: int) -> None:
    """Shown and not shown add up; the gravest success is always shown; the order stays."""
    chain = Chain("c", "S", None, None, True, Stage.PROBE, tuple(steps), (), ())  # noqa: FBT003  # anchored
    key = choose_steps(chain, most)

    assert len(key.steps) + key.more == len(steps)
    assert len(key.steps) <= most
    succeeded = [step.stage.rank for step in steps if step.outcome is Outcome.SUCCESS]
    if succeeded and most > 1:
        assert max(succeeded) in [step.stage.rank for step in key.steps]
    assert choose_steps(replace(chain, steps=key.steps), most).steps == key.steps
