"""A rule set as bytes, for caches and other processes; its parts are decoded one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hevesy.sigma.correlation import Correlation
from hevesy.sigma.lazily import LazyMap, LazySequence, uncollected
from hevesy.sigma.plan import Plan
from hevesy.sigma.rule import Refusal, Rule

if TYPE_CHECKING:
    import msgspec

__all__ = ["FORMAT", "decode", "encode"]

FORMAT = "9"
"""Version of what `encode` writes and of what the engine takes atoms to mean."""

T = TypeVar("T")

Parts = tuple[Sequence[Rule], Sequence[Refusal], Mapping[str, Plan], tuple[Correlation, ...]]
"""Rules, refusals, plans by table, correlations."""


def encode(
    rules: Sequence[Rule],
    refused: Sequence[Refusal],
    plans: Mapping[str, Plan],
    correlations: Sequence[Correlation],
) -> bytes:
    """The parts as bytes."""
    import msgspec

    packed = msgspec.msgpack.encode
    return packed(
        {
            "format": FORMAT,
            "counts": (len(rules), len(refused)),
            "rules": msgspec.Raw(packed(tuple(rules))),
            "refused": msgspec.Raw(packed(tuple(refused))),
            "plans": {table: msgspec.Raw(packed(plan)) for table, plan in plans.items()},
            "correlations": tuple(correlations),
        }
    )


def decode(data: bytes) -> Parts:
    """The parts of `encode`; rules, refusals and each plan are decoded when they are looked at.

    Raises:
        ValueError: The bytes are not of this version, or damaged.
    """
    import msgspec

    try:
        stored = msgspec.msgpack.decode(data, type=dict[str, msgspec.Raw])
        kind = msgspec.msgpack.decode(stored["format"], type=str)
        if kind != FORMAT:
            raise ValueError(f"stored rule set of format {kind}, this is {FORMAT}")
        rules, refused = _decoded(stored["counts"], tuple[int, int])
        plans = _decoded(stored["plans"], dict[str, msgspec.Raw])
        correlations = _decoded(stored["correlations"], tuple[Correlation, ...])
        return (
            LazySequence(rules, partial(_decoded, stored["rules"], tuple[Rule, ...])),
            LazySequence(refused, partial(_decoded, stored["refused"], tuple[Refusal, ...])),
            LazyMap({table: partial(_decoded, plan, Plan) for table, plan in plans.items()}),
            correlations,
        )
    except (msgspec.MsgspecError, KeyError) as error:
        raise ValueError(f"not a stored rule set: {error}") from error


def _decoded(part: msgspec.Raw, kind: Any) -> Any:  # noqa: ANN401  # of the kind asked for
    import msgspec

    with uncollected():
        return msgspec.msgpack.decode(part, type=kind)
