"""Reach the bytes of a source again, in whichever process, from its locator alone."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence.archives import Step, open_tar_member, open_zip_member
from hevesy.evidence.limits import Limits
from hevesy.evidence.names import hidden_path, show
from hevesy.evidence.streams import BLOCK, BROKEN, LOST, Forward, Window, decompressor, spool
from hevesy.model import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from _typeshed import WriteableBuffer

__all__ = ["Reach", "groups", "open_plain", "reach", "reach_many"]

_GULP = 4 * BLOCK
_ARCHIVE_BUFFER = 256 * 1024
_Wanted = list[tuple[tuple[Step, ...], Source]]
_SMALL = 8192
_CHEAP = 2
"""Steps of a locator that are reached at once: a file, or a member of an archive on disk."""


class _Hashed(io.RawIOBase):
    """Passes bytes on and hashes them; it ends where the stream below it breaks."""

    def __init__(self, stream: BinaryIO, *, hashed: bool) -> None:
        super().__init__()
        self._stream = stream
        # One read below at a time, so that damage further on does not cost what came before it.
        self._read: Callable[[memoryview], int | None] = (
            getattr(stream, "readinto1", None) or stream.readinto  # type: ignore[attr-defined]  # all have it
        )
        self.failure: EvidenceError | None = None
        self.digest = hashlib.sha256() if hashed else None
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")[:_GULP]
        if self.failure is not None:
            return 0
        try:
            count = self._read(view) or 0
        except LOST as error:
            self.failure = _as_failure(error)
            return 0
        if self.digest is not None:
            self.digest.update(view[:count])
        self.size += count
        return count

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(BLOCK) or b"", b""))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class Reach:
    """The bytes of one source.

    Where the evidence is broken nothing raises: the stream ends before the damage, so that all
    that came before it is used, and `failure` says what happened. Look at it after `finish`.

    Attributes:
        stream: The bytes, from their start; seekable where that was asked for.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        failure: EvidenceError | None = None,
        buffer: int = BLOCK,
        hashed: bool = True,
    ) -> None:
        """Read a stream once, through a buffer of so many bytes, hashing what passes."""
        self._hashed = _Hashed(stream, hashed=hashed)
        self._buffer = buffer
        self.stream: BinaryIO = io.BufferedReader(self._hashed, buffer)
        self._hashed.failure = failure
        self._sealed: tuple[str, int] | None = None

    @classmethod
    def seekable(cls, file: BinaryIO, failure: EvidenceError | None = None) -> Reach:
        """Hash a seekable file, then hand it out at its start."""
        made = cls(file)
        made.finish()
        made._hashed.failure = failure or made.failure
        file.seek(0)
        made.stream.detach()  # type: ignore[attr-defined]  # a BufferedReader
        made.stream = file
        return made

    @property
    def failure(self) -> EvidenceError | None:
        """What broke, as far as it was read; None where nothing did."""
        return self._hashed.failure

    def finish(self) -> None:
        """Read what is left, so that hash and size speak of all that can be read."""
        if self._sealed is None:
            if self.stream.read(1):  # as a rule all was read, and a block is not made for nothing
                block = bytearray(self._buffer)
                while self.stream.readinto(block):  # type: ignore[attr-defined]  # a BufferedReader
                    pass
            digest = self._hashed.digest
            self._sealed = (digest.hexdigest() if digest else "", self._hashed.size)

    @property
    def sha256(self) -> str:
        """Of all bytes; empty before `finish`, and where it was not asked for."""
        return self._sealed[0] if self._sealed else ""

    @property
    def size(self) -> int:
        """Bytes read so far; all of them after `finish`."""
        return self._hashed.size

    def close(self) -> None:
        """Let go of the stream."""
        try:
            self.stream.close()
        except BROKEN:
            return


@contextmanager
def reach(
    source: Source,
    *,
    seekable: bool = False,
    scratch: Path | None = None,
    limits: Limits | None = None,
) -> Iterator[Reach]:
    """Reach one source; its bytes are let go of at the end.

    Many members of one compressed or nested archive are reached with `reach_many`, since each
    `reach` of such a member reads the archive from its start.

    Args:
        source: From `catalog`, of this process or another.
        seekable: Whether `Reach.stream` must be seekable. Then the source is hashed first, and a
            member of an archive is copied to memory, or to a nameless file in `scratch`.
        scratch: Folder for such files; the system's own where it is None.
        limits: Bounds on hostile evidence.

    Raises:
        EvidenceError: Nothing of it can be read.
    """
    with closing(reach_many([source], seekable=seekable, scratch=scratch, limits=limits)) as one:
        _, reached = next(one)
        if reached.failure is not None and not reached.size:
            raise reached.failure
        yield reached


def open_plain(source: Source) -> io.BufferedReader:
    """The bytes of a source that is a file of this machine, seekable and not hashed.

    Raises:
        OSError: It cannot be opened.
        EvidenceRefused: It is no plain file.
    """
    if source.locator[1:]:
        raise EvidenceRefused("it lies in an archive")
    return io.BufferedReader(_open_plain(hidden_path(source.locator[0])), BLOCK)


def groups(sources: Iterable[Source]) -> list[tuple[Source, ...]]:
    """Sources that are reached best with one `reach_many`, in a fixed order.

    A plain file, a member of a zip or of an uncompressed tar stands alone: it is reached at once.
    What lies in a compressed tar or in an archive in an archive stays together: one pass reads it
    all, and the cost of an archive is linear in its size.
    """
    together: dict[tuple[str, ...], list[Source]] = {}
    for source in sources:
        locator = source.locator
        key = locator if len(locator) <= _CHEAP else (*locator[:_CHEAP], "")
        together.setdefault(key, []).append(source)
    return [tuple(together[key]) for key in sorted(together)]


def reach_many(
    sources: Iterable[Source],
    *,
    seekable: bool | Callable[[Source], bool] = False,
    hashed: bool = True,
    scratch: Path | None = None,
    limits: Limits | None = None,
) -> Generator[tuple[Source, Reach]]:
    """Reach many sources, each archive in one pass: every source once, in the archives' order.

    A `Reach` holds until the next one is asked for. What cannot be opened comes with
    `Reach.failure` set, and the others still come.

    Args:
        sources: From `catalog`.
        seekable: As of `reach`; or which of the sources must be seekable.
        hashed: Whether their hash is wanted, where they are not seekable.
        scratch: As of `reach`.
        limits: As of `reach`.
    """
    want = seekable if callable(seekable) else (lambda _: bool(seekable))
    reacher = _Reacher(want, scratch, limits or Limits(), hashed=hashed)
    by_file: dict[str, _Wanted] = {}
    for source in sources:
        steps = tuple(map(Step.of, source.locator[1:]))
        by_file.setdefault(source.locator[0], []).append((steps, source))
    for path in sorted(by_file):
        yield from reacher.file(hidden_path(path), by_file[path])


class _Reacher:
    """Opens what a set of locators leads to."""

    def __init__(
        self,
        want: Callable[[Source], bool],
        scratch: Path | None,
        limits: Limits,
        *,
        hashed: bool,
    ) -> None:
        self._want, self._scratch, self._limits, self._hashed = want, scratch, limits, hashed
        self._packed = 0
        """Bytes of the file of this machine that is open."""

    def file(self, path: str, wanted: _Wanted) -> Iterator[tuple[Source, Reach]]:
        """What is wanted of one file of this machine."""
        for source in [source for steps, source in wanted if not steps]:
            try:
                stream = _open_plain(path)
            except LOST as error:
                yield from _failed([((), source)], error)
                continue
            yield from self._hand_out(source, stream, has_seek=True)
        inside = [(steps, source) for steps, source in wanted if steps]
        if not inside:
            return
        try:
            archive = io.BufferedReader(_open_plain(path), _ARCHIVE_BUFFER)
        except LOST as error:
            yield from _failed(inside, error)
            return
        with archive:
            self._packed = os.fstat(archive.fileno()).st_size
            yield from self._descend(archive, inside, has_seek=True)

    def _hand_out(
        self, source: Source, stream: BinaryIO, *, has_seek: bool
    ) -> Iterator[tuple[Source, Reach]]:
        failure: EvidenceError | None = None
        try:
            if not self._want(source):
                reached = Reach(stream, buffer=_buffer(source), hashed=self._hashed)
            elif has_seek:
                reached = Reach.seekable(io.BufferedReader(cast("io.RawIOBase", stream), BLOCK))
            else:
                with stream:
                    copy, broken = spool(stream, self._limits, self._scratch)
                failure = _as_failure(broken) if broken else None
                reached = Reach.seekable(copy, failure)
        except LOST as error:
            stream.close()
            yield from _failed([((), source)], error)
            return
        with closing(reached):
            yield source, reached

    def _descend(
        self, stream: BinaryIO, wanted: _Wanted, *, has_seek: bool
    ) -> Iterator[tuple[Source, Reach]]:
        """What is wanted of one container, each member once, going onwards."""
        container = wanted[0][0][0].container
        with ExitStack() as stack:
            if container == "zip" and not has_seek:
                try:
                    stream, broken = spool(stream, self._limits, self._scratch)
                except EvidenceError as error:
                    yield from _failed(wanted, error)
                    return
                stack.enter_context(closing(stream))
                if broken is not None:
                    yield from _failed(wanted, broken)
                    return
            tape = Forward(stream, seekable=has_seek)
            for step, below in _by_step(wanted):
                try:
                    opened = self._open(stream, tape, step)
                except LOST as error:
                    yield from _failed(below, error)
                    continue
                yield from self._member(opened, [(steps[1:], source) for steps, source in below])

    def _open(self, stream: BinaryIO, tape: Forward, step: Step) -> BinaryIO:
        if step.container == "zip":
            return open_zip_member(stream, step)
        if step.container == "tar":
            return open_tar_member(tape, step)
        return decompressor(step.container, stream, self._limits, self._packed)

    def _member(self, stream: BinaryIO, below: _Wanted) -> Iterator[tuple[Source, Reach]]:
        """One opened member: wanted itself, or for what it holds, or both."""
        leaves = [source for steps, source in below if not steps]
        inner = [(steps, source) for steps, source in below if steps]
        if len(leaves) + bool(inner) == 1:
            if leaves:
                yield from self._hand_out(leaves[0], stream, has_seek=False)
            else:
                with stream:
                    yield from self._descend(stream, inner, has_seek=False)
            return
        try:
            with stream:
                copy, broken = spool(stream, self._limits, self._scratch)
        except EvidenceError as error:
            yield from _failed(below, error)
            return
        with copy:
            if broken is not None:
                yield from _failed(below, broken)
                return
            end = copy.seek(0, io.SEEK_END)
            for source in leaves:
                again = io.BufferedReader(Window(copy, 0, end), BLOCK)
                yield from self._hand_out(source, again, has_seek=False)
            copy.seek(0)
            yield from self._descend(copy, inner, has_seek=True)


def _open_plain(path: str) -> io.FileIO:
    """Open a plain file, and nothing else that has come to stand in its place since."""
    extra = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | extra))  # noqa: SIM115  # Path.open takes no opener; the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise EvidenceRefused("it is no plain file")
    return file


def _by_step(wanted: _Wanted) -> list[tuple[Step, _Wanted]]:
    """What is wanted, by the first step, in the order in which the archive holds it."""
    steps: dict[Step, _Wanted] = {}
    for item in wanted:
        steps.setdefault(item[0][0], []).append(item)
    return sorted(steps.items(), key=lambda pair: (pair[0].offset, pair[0].index))


def _buffer(source: Source) -> int:
    """Bytes of a buffer that suits a source: thousands of small ones must not cost a block each."""
    return min(BLOCK, max(_SMALL, source.size + 1))


def _as_failure(error: Exception) -> EvidenceError:
    if isinstance(error, EvidenceError):
        return error
    reason = error.strerror if isinstance(error, OSError) else ""
    return EvidenceError(f"it cannot be read: {reason or show(str(error))}")


def _failed(wanted: _Wanted, error: Exception) -> Iterator[tuple[Source, Reach]]:
    for _, source in wanted:
        yield source, Reach(io.BytesIO(), failure=_as_failure(error))
