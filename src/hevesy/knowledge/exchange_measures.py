"""What protects a server beside its build: conditions, mitigations, Extended Protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hevesy.errors import ContentError
from hevesy.knowledge.build_number import Build
from hevesy.knowledge.threat_folder import read_toml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Condition", "Measure", "expected_row", "read_conditions", "read_measures"]

_PARTS = 4
_TOKENS = ("None", "Allow", "Require", "")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a fix depends on beside the build; an entry of `exchange/conditions.toml`."""

    name: str
    title: str
    how: str
    """What settles whether it is met."""
    remedy: str
    kind: str
    """Kind of the plan step: `extended_protection`, `hybrid`, `schema`, `setting`."""
    overrides: tuple[tuple[str, str, str], ...] = ()
    """Component, section and parameter of the setting overrides that undo the fix when false."""
    done: tuple[tuple[str, Build], ...] = ()
    """Product and build from which on Setup itself did what is needed."""
    defence: bool = False
    """Whether no fix needs it: it is told, and what undoes it is a step of the plan."""
    versions: tuple[Build, ...] = ()
    """File versions from which on a file is as it must be, one for each version of Windows."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure that stops an attack; an entry of `exchange/mitigations.toml`."""

    name: str
    title: str
    cves: tuple[str, ...]
    tests: tuple[tuple[str, str], ...]
    """Condition input and pattern of the URL Rewrite rules, each in a rule of its own."""
    names: tuple[str, ...]
    """Names under which its rules are known."""
    weak: tuple[str, ...]
    """Patterns that were published at first and can be passed."""
    applied: tuple[str, ...]
    """Ids in MitigationsApplied of the Emergency Mitigation Service."""
    pool: str
    """Application pool that it stops; empty where it stops none."""
    service: str
    """Windows service that it disables; empty where it disables none."""
    source: str


def read_conditions(path: Path) -> dict[str, Condition]:
    """The conditions by key.

    Raises:
        ContentError: The file is no TOML, or an entry lacks a key.
    """
    return {
        name: Condition(
            name=name,
            title=_text(entry, "title", name, path),
            how=_text(entry, "how", name, path),
            remedy=_text(entry, "remedy", name, path),
            kind=_text(entry, "kind", name, path),
            overrides=tuple(
                (str(component), str(section), str(parameter))
                for component, section, parameter in entry.get("override", ())
            ),
            done=tuple(
                (str(product), _version(build, name, path))
                for product, build in entry.get("done_from", ())
            ),
            defence=entry.get("defence") is True,
            versions=tuple(_version(text, name, path) for text in entry.get("versions", ())),
        )
        for name, entry in read_toml(path).items()
    }


def read_measures(path: Path) -> tuple[Measure, ...]:
    """The mitigations.

    Raises:
        ContentError: The file is no TOML, or an entry lacks a key.
    """
    return tuple(
        Measure(
            name=name,
            title=_text(entry, "title", name, path),
            cves=_texts(entry, "cves", name, path),
            tests=tuple((str(given), str(pattern)) for given, pattern in entry.get("tests", ())),
            names=_texts(entry, "names", name, path),
            weak=_texts(entry, "weak", name, path),
            applied=_texts(entry, "applied", name, path),
            pool=str(entry.get("pool", "")),
            service=str(entry.get("service", "")),
            source=_text(entry, "source", name, path),
        )
        for name, entry in read_toml(path).items()
    )


def expected_row(row: dict[str, str], path: Path, line: int) -> tuple[str, str, str]:
    """Virtual directory and what the front and the back end should have of Extended Protection.

    Raises:
        ContentError: A value that is not None, Allow, Require or empty.
    """
    for column in ("front_end", "back_end"):
        if row[column] not in _TOKENS:
            message = f"{column} is not None, Allow or Require: {row[column]!r}"
            raise ContentError(message, str(path), line)
    return row["directory"], row["front_end"], row["back_end"]


def _version(text: object, name: str, path: Path) -> Build:
    parts = str(text).split(".")
    if len(parts) != _PARTS or not all(part.isdecimal() for part in parts):
        raise ContentError(f"[{name}] has no version of four parts: {text!r}", str(path))
    major, minor, build, revision = map(int, parts)
    return major, minor, build, revision


def _text(entry: Any, key: str, name: str, path: Path) -> str:  # noqa: ANN401  # any TOML value
    if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
        raise ContentError(f"[{name}] has no {key}", str(path))
    return str(entry[key])


def _texts(entry: Any, key: str, name: str, path: Path) -> tuple[str, ...]:  # noqa: ANN401  # any TOML value
    if not isinstance(entry.get(key), list):
        raise ContentError(f"[{name}] has no list {key}", str(path))
    return tuple(str(one) for one in entry[key])
