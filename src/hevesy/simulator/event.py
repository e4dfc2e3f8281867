"""The noun `Event`: one Windows event in words, whatever it is written as."""

from __future__ import annotations

import msgspec

__all__ = ["Event"]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Windows event; texts may hold `{words}` and `@tokens@`."""

    channel: str
    provider: str
    id: int
    title: str = ""
    """First line of the rendered message."""
    level: str = "4"
    data: dict[str, str] = {}
    """Named fields."""
    positional: list[str] = []
    """Unnamed data, as MSExchange Management has them."""
    weight: float = 1.0
    who: list[str] = []
    """Devices of the actors that cause it."""
    rhythm: str = "flat"
