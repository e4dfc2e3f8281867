"""Hashing a case, and the evidence if it still lies where it lay, against the manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hevesy.case.folder import Case, read
from hevesy.case.layout import UNSEALED
from hevesy.case.manifest import case_files, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Difference", "verify"]

IN_ARCHIVE = "!/"
"""Joins the path of an archive and of a member in it, see `hevesy.model.Source.path`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as the manifest says."""

    place: str
    """`case` or `input`."""
    name: str
    problem: str
    """`changed`, `missing`, `added` or `unreadable`."""
    expected: str = ""
    """SHA-256 that the manifest holds."""
    found: str = ""


def verify(folder: Path) -> tuple[Difference, ...]:
    """Hash every file of a case again, and the evidence where `run.json` says it lies.

    Evidence that is not there any more is no difference: a case is handed on without it. Of a
    folder that was handed in, the files are compared that are no members of an archive.

    Raises:
        CaseError: it is no case, or too broken to be compared.
    """
    case = read(folder)
    return (*_case_differences(case), *_input_differences(case))


def _case_differences(case: Case) -> Iterator[Difference]:
    present = dict(case_files(case.folder))
    for file in case.manifest.files:
        # Only names that a walk of the folder found are opened: a manifest of someone else's
        # making that says `../secret` finds nothing.
        if file.name in present:
            yield from _compare("case", file.name, present[file.name], file.sha256)
        else:
            yield Difference("case", file.name, "missing", file.sha256)
    known = {file.name for file in case.manifest.files} | UNSEALED
    for name in present:
        if name not in known:
            yield Difference("case", name, "added")


def _input_differences(case: Case) -> Iterator[Difference]:
    places = _input_places(case.run)
    for handed_in in case.manifest.inputs:
        path = places.get(handed_in.name)
        if path is None or not path.exists():
            continue
        if path.is_file():
            yield from _compare("input", handed_in.name, path, handed_in.sha256)
        elif path.is_dir():
            yield from _folder_differences(case, handed_in.name, path)


def _folder_differences(case: Case, name: str, folder: Path) -> Iterator[Difference]:
    for source in case.manifest.sources:
        parts = PurePosixPath(source.source)
        is_inside = not parts.is_absolute() and ".." not in parts.parts
        if source.input != name or IN_ARCHIVE in source.source or not is_inside:
            continue
        path = folder / parts
        if not source.sha256:
            continue
        if not path.is_file():
            yield Difference("input", f"{name}/{source.source}", "missing", source.sha256)
            continue
        yield from _compare("input", f"{name}/{source.source}", path, source.sha256)


def _compare(place: str, name: str, path: Path, expected: str) -> Iterator[Difference]:
    try:
        found = sha256_of(path)
    except OSError as error:
        yield Difference(place, name, "unreadable", expected, str(error.strerror))
        return
    if found != expected:
        yield Difference(place, name, "changed", expected, found)


def _input_places(run: Mapping[str, object]) -> dict[str, Path]:
    pairs = run.get("inputs")
    if not isinstance(pairs, list):
        return {}
    places = {}
    for pair in pairs:
        match pair:
            case [str(name), str(path)]:
                places[name] = Path(path)
    return places
