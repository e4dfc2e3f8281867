"""Values given for the placeholders of `expand`, put in their place.

Imported where values are given alone: pySigma's transformations take a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import ValueListPlaceholderTransformation
from sigma.types import SigmaExpansion, SigmaType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["filling"]


def filling(placeholders: Mapping[str, Sequence[str]]) -> ProcessingPipeline:
    """The pipeline that puts values in the place of placeholders.

    Args:
        placeholders: Values by name; a text counts as one. A name without values is left alone.
    """
    values: dict[str, Any] = {
        name: [given] if isinstance(given, str) else list(given)
        for name, given in placeholders.items()
        if given
    }
    items = [ProcessingItem(_Filling(include=list(values)))]
    return ProcessingPipeline(items=items, vars=values)


@dataclass
class _Filling(ValueListPlaceholderTransformation):
    """Like pySigma's, but the values of one placeholder are alternatives under `all` too."""

    def apply_value(self, field: str | None, val: SigmaType) -> Any:  # noqa: ANN401  # a value of pySigma's, or None
        if not isinstance(val, SigmaExpansion):
            found = super().apply_value(field, val)
            return None if found is None else SigmaExpansion(list(found))  # type: ignore[arg-type]
        filled = [(each, self.apply_value(field, each)) for each in val.values]
        if all(new is None for _, new in filled):
            return None
        return SigmaExpansion([each if new is None else new for each, new in filled])
