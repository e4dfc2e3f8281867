"""Everything an input holds, archives in archives included: found, its head read."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence.archives import Member, Step, open_zip_member, tar_members, zip_members
from hevesy.evidence.limits import HEAD
from hevesy.evidence.names import plain_path, show
from hevesy.evidence.place import Part, drive_root
from hevesy.evidence.sniff import (
    ARCHIVE_NAME,
    COMPRESSORS,
    container_of,
    is_tar,
    unread_archive,
)
from hevesy.evidence.streams import (
    BLOCK,
    LOST,
    Forward,
    Joined,
    Metered,
    bomb,
    decompressor,
    head_of,
    piece_of,
    spool,
)
from hevesy.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.evidence.inputs import Evidence, Handed

__all__ = ["Found", "walk"]

_TRAILER = 4
"""Bytes at the end of a gz file that state its size (RFC 1952, ISIZE)."""
_ORDINARY = 64
"""Times that a log shrinks at most, as a rule."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file, before it is known whose it is."""

    parts: tuple[Part, ...]
    head: bytes
    size: int
    modified: datetime | None
    locator: tuple[str, ...]
    unfolded: bool = False
    """Whether what it holds is found too: an archive."""

    @property
    def path(self) -> str:
        """As `Source.path`: without the input, parts joined by `/`, by `!/` after an archive."""
        return joined(self.parts)


def joined(parts: tuple[Part, ...]) -> str:
    """Parts of a path inside an input as text; the first part is the input itself."""
    if len(parts) == 1:
        return parts[0].name
    text = "".join(part.name + ("!/" if part.archive else "/") for part in parts[1:-1])
    return text + parts[-1].name


def walk(evidence: Evidence, handed: Handed) -> Iterator[Found]:
    """Every file of one input; what cannot be read is noted in `evidence` as lost."""
    start = Part(handed.name.rsplit("/", 1)[-1] or "/")
    if not Path(handed.path).is_dir():
        yield from _Walker(evidence, handed).file(Path(handed.path), (start,))
        return
    for path, parts in _files(evidence, handed, start):
        yield from _Walker(evidence, handed).file(path, parts)


def _files(
    evidence: Evidence, handed: Handed, start: Part
) -> Iterator[tuple[Path, tuple[Part, ...]]]:
    """Plain files of a folder, sorted; links, devices and what cannot be listed are lost."""
    waiting: list[tuple[str, tuple[Part, ...]]] = [(handed.path, (start,))]
    while waiting:
        folder, parts = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"the folder cannot be listed: {error.strerror}"
            evidence.lose(Loss(handed.name, joined(parts), "unreadable", reason))
            continue
        below = []
        for entry in entries:
            own = (*parts, Part(show(entry.name)))
            if problem := _problem(entry):
                evidence.lose(Loss(handed.name, joined(own), "refused", problem))
            elif entry.is_dir(follow_symlinks=False):
                below.append((entry.path, own))
            else:
                yield Path(entry.path), own
        waiting.extend(reversed(below))


def _problem(entry: os.DirEntry[str]) -> str:
    """Why an entry of a folder is refused, or empty."""
    is_junction = getattr(entry, "is_junction", None)  # Python 3.12
    if entry.is_symlink() or (is_junction is not None and is_junction()):
        return "it is a link"
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return ""
    return "it is a device, a pipe or a socket"


class _Walker:
    """Walks one file of this machine, and accounts for what it unfolds to."""

    def __init__(self, evidence: Evidence, handed: Handed) -> None:
        self._evidence, self._handed = evidence, handed
        self._limits = evidence.limits
        self._packed = self._unpacked = 0

    def file(self, path: Path, parts: tuple[Part, ...]) -> Iterator[Found]:
        """A file of this machine, and what it unfolds to."""
        try:
            status = path.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise EvidenceRefused("it is no plain file")
            with path.open("rb") as file:
                self._packed = status.st_size
                modified = datetime.fromtimestamp(status.st_mtime, UTC)
                found = Found(parts, b"", status.st_size, modified, (plain_path(str(path)),))
                yield from self._visit(found, file, 0, seekable=True)
        except LOST as error:
            self._lose(parts, error)

    def _lose(self, parts: tuple[Part, ...], error: Exception) -> None:
        state = "refused" if isinstance(error, EvidenceRefused) else "unreadable"
        reason = (error.strerror if isinstance(error, OSError) else "") or show(str(error))
        self._evidence.lose(Loss(self._handed.name, joined(parts), state, reason))

    def _charge(self, size: int) -> None:
        """Account for bytes that an archive unfolds to."""
        self._unpacked += size
        if self._unpacked > self._limits.unfolding(self._packed):
            raise EvidenceRefused(bomb(self._limits))
        self._evidence.unfold(size)

    def _visit(
        self, found: Found, stream: BinaryIO, depth: int, *, seekable: bool
    ) -> Iterator[Found]:
        """One file with its stream at the start; closes nothing."""
        head = head_of(stream, HEAD)
        found = replace(found, head=head)
        container = container_of(head, found.parts[-1].name)
        if not container:
            self._refuse_false_archive(found)
            yield found
            return
        if depth >= self._limits.depth:
            raise EvidenceRefused(f"archives lie more than {self._limits.depth} deep in each other")
        if drive_root(found.parts) is not None and container not in COMPRESSORS:
            yield replace(found, unfolded=True)
        if seekable:
            stream.seek(0)
            inner = stream
        else:
            inner = cast("BinaryIO", Joined(head, stream))
        try:
            yield from self._unfold(container, found, inner, depth, seekable=seekable)
        except LOST as error:
            self._lose(found.parts, error)

    def _refuse_false_archive(self, found: Found) -> None:
        """Name what promises to be an archive and cannot be read as one, off a server's drive."""
        title = unread_archive(found.head)
        promised = ARCHIVE_NAME.search(found.parts[-1].name)
        if not (title or promised) or drive_root(found.parts) is not None:
            return
        if title:
            raise EvidenceRefused(f"{title} archives are not read: unpack it first")
        what = "it is empty" if not found.size else "its content is not that of an archive"
        raise EvidenceError(f"its name promises an archive, but {what}")

    def _unfold(
        self, container: str, found: Found, stream: BinaryIO, depth: int, *, seekable: bool
    ) -> Iterator[Found]:
        if container == "zip":
            yield from self._zip(found, stream, depth, seekable=seekable)
        elif container == "tar":
            yield from self._tar(found, stream, depth, seekable=seekable)
        else:
            yield from self._compressed(container, found, stream, depth, seekable=seekable)

    def _inside(self, found: Found, member: Member) -> Found:
        outer = (*found.parts[:-1], replace(found.parts[-1], archive=True))
        parts = (*outer, *map(Part, member.parts))
        return Found(parts, b"", member.size, member.modified, (*found.locator, member.step.text()))

    def _zip(
        self, found: Found, stream: BinaryIO, depth: int, *, seekable: bool
    ) -> Iterator[Found]:
        with ExitStack() as stack:
            if not seekable:
                stream, failure = spool(stream, self._limits, self._evidence.scratch)
                stack.enter_context(closing(stream))
                if failure is not None:
                    raise EvidenceError(f"it is damaged: {show(str(failure))}") from failure
            members = zip_members(stream, self._limits)
            self._refuse_velociraptor(members)
            for member in members:
                yield from self._zip_member(self._inside(found, member), member, stream, depth)

    def _refuse_velociraptor(self, members: list[Member]) -> None:
        names = {member.step.name: member for member in members}
        data = names.get("data.zip")
        if data is not None and data.problem and "metadata.json" in names:
            raise EvidenceRefused(
                "it is an encrypted Velociraptor collection: decrypt it first, then hand it in"
            )

    def _zip_member(
        self, found: Found, member: Member, archive: BinaryIO, depth: int
    ) -> Iterator[Found]:
        if member.problem:
            self._lose(found.parts, EvidenceRefused(member.problem))
            return
        self._charge(member.size)
        try:
            with open_zip_member(archive, member.step) as stream:
                yield from self._visit(found, stream, depth + 1, seekable=False)
        except LOST as error:
            self._lose(found.parts, error)

    def _tar(
        self, found: Found, stream: BinaryIO, depth: int, *, seekable: bool, metered: bool = False
    ) -> Iterator[Found]:
        for member, data in tar_members(Forward(stream, seekable=seekable)):
            inside = self._inside(found, member)
            if data is None:
                self._lose(inside.parts, EvidenceRefused(member.problem))
                continue
            self._charge(member.hole if metered else member.size)
            try:
                yield from self._visit(inside, data, depth + 1, seekable=False)
            except LOST as error:
                self._lose(inside.parts, error)

    def _compressed(
        self, kind: str, found: Found, packed: BinaryIO, depth: int, *, seekable: bool
    ) -> Iterator[Found]:
        step = Step(kind, ARCHIVE_NAME.sub("", found.parts[-1].name))
        inner = replace(found, locator=(*found.locator, step.text()))
        outer = (*found.parts[:-1], replace(found.parts[-1], archive=True))
        with decompressor(kind, packed, self._limits, self._packed) as unpacked:
            metered = cast("BinaryIO", Metered(unpacked, self._charge))
            head = head_of(metered, HEAD)
            whole = cast("BinaryIO", Joined(head, metered))
            if is_tar(head):
                if drive_root(found.parts) is not None:
                    yield replace(found, unfolded=True)
                yield from self._tar(inner, whole, depth, seekable=False, metered=True)
                return
            content = replace(inner, parts=(*outer, Part(step.name)), head=head)
            if container_of(head, step.name):
                yield from self._visit(content, whole, depth + 1, seekable=False)
                return
            stated = _stated(packed, found.size) if seekable and kind == "gz" else 0
            if stated > len(head):
                self._charge(stated - len(head))
            yield replace(content, size=stated or _length(whole))


def _stated(gz: BinaryIO, packed: int) -> int:
    """Bytes that a gz file says it unpacks to; 0 where that is not what a log would.

    It says so of its last member alone, modulo 4 GiB. That is enough to share out work, and saves
    unpacking everything twice; who reads it finds the true size, and keeps to the limits.
    """
    if packed < _TRAILER:
        return 0
    place = gz.tell()  # of whoever unpacks it, who may have to go on
    gz.seek(packed - _TRAILER)
    stated = int.from_bytes(gz.read(_TRAILER), "little")
    gz.seek(place)
    return stated if packed <= stated <= _ORDINARY * packed else 0


def _length(stream: BinaryIO) -> int:
    """Bytes up to the end, or to where the stream breaks: `reach` comes upon that again."""
    size = 0
    try:
        while piece := piece_of(stream, BLOCK):
            size += len(piece)
    except EvidenceRefused:
        raise
    except LOST:
        return size
    return size
