"""What reports call a verdict, a stage, an outcome: the loader of `words.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = [
    "LADDERS",
    "Word",
    "glossary",
    "label",
    "plain_signs",
    "sign",
    "trusted_hosts",
    "word",
]

LADDERS = (
    "verdict",
    "stage",
    "outcome",
    "level",
    "state",
    "action",
    "mark",
    "exposure",
    "origin",
    "grade",
    "open",
)
"""The families of words."""


@dataclass(frozen=True, slots=True)
class Word:
    """How one value is called."""

    key: str
    """Value in the model: `shell_used`."""
    label: str
    meaning: str = ""
    tone: str = "unknown"
    """`grave`, `notice`, `calm` or `unknown`: which colour, never more than the words say."""
    colour: str = ""


def word(family: str, key: str) -> Word:
    """What a value of a family is called; a value that has no word is called what it is."""
    return _words()[family].get(key) or Word(key, key.replace("_", " "))


def label(family: str, key: str) -> str:
    """The label alone."""
    return word(family, key).label


def glossary(family: str) -> tuple[Word, ...]:
    """All words of a family, in the order of the file, which is that of the ladder."""
    return tuple(_words()[family].values())


def sign(name: str) -> str:
    """A sign by its name: that of an outcome, `times`, `within`."""
    return str(_file()["sign"][name][0])


@cache
def plain_signs() -> dict[int, str]:
    """Translation of all signs for a file that cannot encode them."""
    return {ord(fancy): plain for fancy, plain in _file()["sign"].values()}


@cache
def trusted_hosts() -> tuple[str, ...]:
    """Hosts that a report may link to."""
    return tuple(_file()["links"]["hosts"])


@cache
def _words() -> dict[str, dict[str, Word]]:
    content = _file()
    return {
        family: {key: Word(key=key, **entry) for key, entry in content[family].items()}
        for family in LADDERS
    }


@cache
def _file() -> dict[str, dict[str, Any]]:
    text = resources.files("hevesy.reports").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
