"""What was handed in: the inputs, checked and named, and what was lost of them."""

from __future__ import annotations

import operator
import os
import shutil
import stat
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from hevesy.errors import EvidenceRefused, UsageError
from hevesy.evidence.limits import Limits
from hevesy.evidence.names import show
from hevesy.evidence.streams import BLOCK
from hevesy.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType


__all__ = ["Evidence", "Handed", "open_evidence"]


_ALIKE = 1000
"""Losses of one input for one reason that are named one by one."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One input."""

    name: str
    """The last part of its path, more parts where two inputs share it; `-` for stdin."""
    path: str
    """Of this machine, absolute, links followed."""
    named: tuple[str, ...]
    """The path in parts as the user named it, made absolute: what `--server` is compared with."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`--server NAME=PATH`."""

    server: str
    parts: tuple[str, ...]


class Evidence:
    """The inputs of a run, and the losses met while walking them.

    A context manager: leaving it removes what was spooled from stdin.
    """

    def __init__(
        self,
        inputs: tuple[Handed, ...],
        claims: tuple[Claim, ...],
        limits: Limits,
        spooled: Path | None = None,
        scratch: Path | None = None,
    ) -> None:
        """Hold what `open_evidence` made."""
        self.inputs = inputs
        self.claims = claims
        self.limits = limits
        self.scratch = scratch
        self._spooled = spooled
        self._losses: dict[Loss, None] = {}
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self._unfolded = self._members = 0

    def lose(self, loss: Loss) -> None:
        """Note a loss; of many alike in one input, only the first are kept one by one."""
        key = (loss.input, loss.state, loss.reason)
        self._alike[key] += 1
        if self._alike[key] <= _ALIKE:
            self._losses[loss] = None

    def unfold(self, size: int) -> None:
        """Account for `size` bytes of a member of an archive.

        Raises:
            EvidenceRefused: The archives hold more than `limits` allow in all.
        """
        self._unfolded += size
        self._members += 1
        if self._unfolded > self.limits.total:
            raise EvidenceRefused(f"the archives hold more than {self.limits.total} bytes")
        if self._members > self.limits.members:
            raise EvidenceRefused(f"the archives hold more than {self.limits.members} members")

    def losses(self) -> tuple[Loss, ...]:
        """What was lost so far, by input and path."""
        more = [
            Loss(input_, "", state, f"{count - _ALIKE} more alike: {reason}")
            for (input_, state, reason), count in self._alike.items()
            if count > _ALIKE
        ]
        order = operator.attrgetter("input", "source", "state", "reason")
        return tuple(sorted([*self._losses, *more], key=order))

    def close(self) -> None:
        """Remove what was spooled."""
        if self._spooled is not None:
            shutil.rmtree(self._spooled, ignore_errors=True)

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def open_evidence(
    paths: Sequence[str],
    *,
    servers: Mapping[str, str] | None = None,
    scratch: Path | None = None,
    limits: Limits | None = None,
    stdin: BinaryIO | None = None,
) -> Evidence:
    """Check and name what was handed in; nothing of it is read yet but stdin.

    Args:
        paths: Folders, archives, logs; `-` is one log on stdin.
        servers: Name of a server -> path of what speaks of it: an input, or a folder or archive
            in one, an archive's name followed by the path inside it.
        scratch: Folder for what must be spooled; the system's own where it is None.
        limits: Bounds on hostile evidence.
        stdin: What `-` reads; the process's own where it is None.

    Raises:
        UsageError: Nothing was handed in, a path does not exist, or `servers` names a path that
            is no part of the inputs.
    """
    if not paths:
        raise UsageError("no evidence was given")
    spooled = None
    real: dict[str, tuple[str, ...]] = {}
    for path in sorted(set(paths) - {"-"}):
        _check(path)
        real.setdefault(os.path.realpath(path), _parts(path))
    inputs = [Handed(name, path, real[path]) for path, name in _names(real).items()]
    claims = tuple(_claim(name, path, inputs) for name, path in sorted((servers or {}).items()))
    if "-" in paths:
        spooled = _spool(sys.stdin.buffer if stdin is None else stdin, scratch)
        inputs.append(Handed("-", str(spooled / "stdin"), ("-",)))
    inputs.sort(key=lambda handed: (handed.name, handed.path))
    return Evidence(tuple(inputs), claims, limits or Limits(), spooled, scratch)


def _check(path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            raise UsageError(f"{show(path)!r} may not be looked at by this user") from error
        raise UsageError(f"there is no file or folder {show(path)!r}") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise UsageError(f"{show(path)!r} is no file or folder; a stream is handed in as `-`")


def _parts(path: str) -> tuple[str, ...]:
    """An absolute path in parts, links as the user wrote them, compared as the system does."""
    return Path(os.path.normcase(os.path.abspath(path))).parts  # noqa: PTH100  # keeps links


def _names(paths: Iterable[str]) -> dict[str, str]:
    """A name for each path: as few of its last parts as tell it from the others."""
    parts = {path: Path(path).parts for path in paths}
    names = {}
    for path, own in parts.items():
        count = 1
        rivals = [other for key, other in parts.items() if key != path]
        while count < len(own) and any(other[-count:] == own[-count:] for other in rivals):
            count += 1
        names[path] = show("/".join(own[-count:])) or "/"
    return names


def _claim(server: str, path: str, inputs: Sequence[Handed]) -> Claim:
    name = server.strip().upper().split(".")[0]
    if not name:
        raise UsageError(f"--server {server}={show(path)}: the server has no name")
    parts = _parts(path)
    within = [h for h in inputs if parts[: len(h.named)] == h.named]
    inside_archive = any(Path(h.path).is_file() for h in within)
    if not within or not (Path(path).exists() or inside_archive):
        raise UsageError(
            f"--server {server}={show(path)}: the path is no part of the evidence given"
        )
    return Claim(name, parts)


def _spool(stdin: BinaryIO, scratch: Path | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hevesy-", dir=scratch))
    with (folder / "stdin").open("xb") as file:
        while piece := stdin.read(BLOCK):
            file.write(piece)
    return folder
