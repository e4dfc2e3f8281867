"""Kinds of evidence that hevesy knows but does not parse yet: their names, how to tell them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["LaterKind", "later_kinds"]


@dataclass(frozen=True, slots=True)
class LaterKind:
    """One row of `later_kinds.csv`."""

    what: str
    """`later:<what>` is the kind of such a source."""
    title: str
    shows: str
    """What it would show, in words."""
    log_types: tuple[str, ...]
    """What `#Log-type:` says in such a log, lower case."""
    magics: tuple[bytes, ...]
    """First bytes of such a file."""
    contents: tuple[str, ...]
    """What stands in its first lines, lower case."""
    paths: tuple[str, ...]
    """Patterns of its path, lower case; `*` stands for any characters."""


@cache
def later_kinds() -> dict[str, LaterKind]:
    """The kinds of `later_kinds.csv`, by name, in its order."""
    text = resources.files("hevesy.tables").joinpath("later_kinds.csv").read_text("utf-8")
    return {
        row["what"]: LaterKind(
            what=row["what"],
            title=row["title"],
            shows=row["shows"],
            log_types=tuple(filter(None, row["log_type"].split("|"))),
            magics=tuple(bytes.fromhex(one) for one in filter(None, row["magic"].split("|"))),
            contents=tuple(filter(None, row["content"].split("|"))),
            paths=tuple(filter(None, row["path"].split("|"))),
        )
        for row in csv.DictReader(text.splitlines())
    }
