"""Where a file lay on which server, as the layout of its collection tells it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import unquote

from hevesy.evidence.names import show
from hevesy.evidence.sniff import ARCHIVE_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Part", "Place", "Root", "bare_root", "drive_root", "host_of", "root_within"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a path inside an input."""

    name: str
    archive: bool = False
    """Whether it is an archive that the next part lies in."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root of a collection: a prefix of parts."""

    parts: tuple[Part, ...]
    host: str = ""
    """Upper-case short name that the layout gives; empty where it gives none."""
    velociraptor: bool = False
    """Whether files of the server lie in `uploads/` below it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the place of one file says."""

    root: Root
    windows_path: str


@lru_cache(maxsize=1)
def _words() -> dict[str, re.Pattern[str]]:
    text = files("hevesy.evidence").joinpath("place_words.toml").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = tomllib.loads(text)
    exact = {
        key: re.compile(f"(?:{'|'.join(patterns)})", re.IGNORECASE)
        for key, patterns in lists.items()
        if key not in {"named", "dated", "strict_host"}
    }
    return exact | {"strict_host": re.compile("|".join(lists["strict_host"]))}


@lru_cache(maxsize=2)
def _patterns(key: str) -> tuple[re.Pattern[str], ...]:
    text = files("hevesy.evidence").joinpath("place_words.toml").read_text(encoding="utf-8")
    return tuple(re.compile(p, re.IGNORECASE) for p in tomllib.loads(text)[key])


def _is(words: str, name: str) -> bool:
    return _words()[words].fullmatch(name) is not None


_LETTER = re.compile(r"^[A-Za-z]$")
_DRIVE = re.compile(r"^(?:\\\\[.?]\\)?([A-Za-z]):$")
_SHADOW = re.compile(r"(?:^|\\)HarddiskVolumeShadowCopy\d+$|^VSS\d+$", re.IGNORECASE)
_DEPTH = 3
"""Folders below an input or archive that may be named after a machine."""
_HOST = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$")


def drive_root(parts: Sequence[Part]) -> Place | None:
    """The place of a file below a drive that its path names, or None.

    The outermost drive decides: what an archive on a server's drive holds belongs to that server,
    whatever paths it claims, and has no Windows path of its own.
    """
    for index, part in enumerate(parts[:-1]):
        if part.archive:
            continue
        letter = _letter(parts, index)
        if letter:
            escaped = "%" in part.name or _accessor(parts, index)
            start, velociraptor = _root_end(parts, index)
            host = host_of(parts[:start])
            root = Root(tuple(parts[:start]), host, velociraptor)
            return Place(root, _windows_path(letter, parts[index + 1 :], escaped=escaped))
    return None


def _letter(parts: Sequence[Part], index: int) -> str:
    """The drive letter that a part names, or empty."""
    name = unquote(parts[index].name) if "%" in parts[index].name else parts[index].name
    after = parts[index + 1].name
    if drive := _DRIVE.match(name):
        return drive[1].upper()
    if _SHADOW.search(name):
        # The copy of a volume does not say which; `VSS1/C/...` is found at its next part.
        return "" if _LETTER.match(after) or _DRIVE.match(unquote(after)) else "C"
    if _LETTER.match(name) and (_is("drive_roots", after) or (name.isupper() and name not in "AB")):
        return name.upper()
    if name.lower() == "sysvol" and index and parts[index - 1].name.lower() == "fs":
        return "C"
    return ""


def _accessor(parts: Sequence[Part], index: int) -> bool:
    """Whether the part follows `uploads/<accessor>` of a Velociraptor container."""
    return index >= 2 and parts[index - 2].name.lower() == "uploads"  # noqa: PLR2004  # two parts


def _root_end(parts: Sequence[Part], index: int) -> tuple[int, bool]:
    """Where the collection's root ends before the drive, and whether it is a Velociraptor one."""
    while index:
        if _accessor(parts, index):
            return index - 2, True
        if parts[index - 1].archive or not (
            _is("wrappers", parts[index - 1].name) or _SHADOW.search(unquote(parts[index - 1].name))
        ):
            break
        index -= 1
    return index, False


def _windows_path(letter: str, rest: Sequence[Part], *, escaped: bool) -> str:
    if any(part.archive for part in rest):
        return ""
    names = (_unescape(part.name) if escaped else part.name for part in rest)
    return f"{letter}:\\" + "\\".join(names)


def _unescape(name: str) -> str:
    """Percent-decode one part, unless that would make it another path."""
    plain = show(unquote(name, errors="surrogateescape"))
    return name if plain in {"", ".", ".."} or "/" in plain or "\\" in plain else plain


def root_within(parts: Sequence[Part], roots: dict[tuple[Part, ...], Root]) -> Root | None:
    """The innermost known root that a file without a drive lies below, or None."""
    for end in range(len(parts) - 1, -1, -1):
        if (root := roots.get(tuple(parts[:end]))) is not None:
            return root
    return None


def bare_root(parts: Sequence[Part]) -> Root:
    """The root of a file that no drive is named for.

    ExchangeLogCollector's folders, a drive's folders without the drive, the innermost archive, a
    folder that is named like a machine; at last the input itself.
    """
    for index, part in enumerate(parts[:-1]):
        stem = ARCHIVE_NAME.sub("", part.name) if part.archive else part.name
        if _is("log_collector", stem) or _is("sure_roots", f"{part.name}/{parts[index + 1].name}"):
            return Root(tuple(parts[:index]), host_of(parts[:index]))
    start = max((i + 1 for i, part in enumerate(parts[:-1]) if part.archive), default=0)
    for index in range(start, min(start + _DEPTH, len(parts) - 1)):
        if _strict_host(parts[index].name):
            return Root(tuple(parts[: index + 1]), _short(parts[index].name))
    if start:
        return Root(tuple(parts[:start]), _named_host(parts[start - 1].name))
    return Root(tuple(parts[: min(1, len(parts) - 1)]))


def _strict_host(name: str) -> bool:
    if _is("generic", name) or _is("log_folders", name):
        return False
    return bool(_named_host(name)) or _words()["strict_host"].match(name) is not None


def _stem(name: str) -> str:
    while (shorter := ARCHIVE_NAME.sub("", name)) != name:
        name = shorter
    return name


def _named_host(name: str, key: str = "named") -> str:
    """The machine's name that a collector put into a folder's or an archive's name, or empty."""
    stem = _stem(name)
    for pattern in _patterns(key):
        if match := pattern.match(stem):
            # Velociraptor writes the dots of an FQDN as `_`.
            host = match[1].split("_")[0] if stem.lower().startswith("collection-") else match[1]
            return _short(host) if _usable(host) else ""
    return ""


def _usable(name: str) -> bool:
    return (
        _HOST.match(name) is not None and not _is("generic", name) and not _is("log_folders", name)
    )


def _short(name: str) -> str:
    return name.split(".", maxsplit=1)[0].upper()


def host_of(parts: Sequence[Part]) -> str:
    """Name of the machine from the nearest folder or archive that is named after one, or empty."""
    for part in reversed(parts):
        stem = _stem(part.name)
        if host := _named_host(stem) or _named_host(stem, "dated"):
            return host
        if _usable(stem) and not any(pattern.match(stem) for pattern in _patterns("dated")):
            return _short(stem)
    return ""
