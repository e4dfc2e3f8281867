"""The mark of the Traffic Light Protocol that a report carries."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Mark"]


class Mark(StrEnum):
    """TLP 2.0 (FIRST, August 2022): who may see a report."""

    RED = "TLP:RED"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    AMBER = "TLP:AMBER"
    GREEN = "TLP:GREEN"
    CLEAR = "TLP:CLEAR"
