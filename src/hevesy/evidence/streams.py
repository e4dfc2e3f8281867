"""Byte streams: a window of a file, one inflated, one that only goes forward, one spooled."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from isal import isal_zlib

from hevesy.errors import EvidenceError, EvidenceRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import WriteableBuffer

    from hevesy.evidence.limits import Limits

__all__ = [
    "BLOCK",
    "BROKEN",
    "LOST",
    "Forward",
    "Inflate",
    "Joined",
    "Metered",
    "Readable",
    "Source",
    "Window",
    "bomb",
    "decompressor",
    "head_of",
    "piece_of",
    "spool",
]

BLOCK = 1 << 20
"""Bytes read at once."""
_GULP = 16 << 20
_SIP = 128 * 1024
"""Bytes unpacked at once: hashed and handed on while they are in the processor's cache."""
_PACKED = 32 * 1024
"""Bytes of a zip member read at once: what one piece leaves of them is copied."""

_INFLATE_ERROR = cast("type[Exception]", isal_zlib.error)  # its stub types the class as an instance

BROKEN: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,  # NotImplementedError and RecursionError are of it
    struct.error,
    zlib.error,
    _INFLATE_ERROR,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)
"""What the readers of archives raise where the evidence is broken."""

LOST: tuple[type[Exception], ...] = (EvidenceError, *BROKEN)
"""What costs one source, and not the run."""


class Readable(Protocol):
    """Anything with `read`."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes; none at the end."""


class Source(io.RawIOBase):
    """A raw stream over `_next`, which gives at most so many bytes, and none at the end."""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def _next(self, size: int) -> bytes:
        raise NotImplementedError

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer as far as one piece reaches."""
        view = memoryview(buffer).cast("B")
        if not view:
            return 0
        piece = self._next(min(len(view), BLOCK))
        view[: len(piece)] = piece
        return len(piece)


def piece_of(stream: Readable, size: int) -> bytes:
    """At most `size` bytes of one read below, so that damage further on does not cost them."""
    read1: Callable[[int], bytes] | None = getattr(stream, "read1", None)
    return stream.read(size) if read1 is None else read1(size)


def head_of(stream: Readable, size: int) -> bytes:
    """The first `size` bytes, fewer where the stream ends or breaks; a refusal is raised.

    Raises:
        EvidenceError: Nothing can be read, or it is refused.
    """
    head = b""
    try:
        while len(head) < size and (piece := piece_of(stream, size - len(head))):
            head += piece
    except EvidenceRefused:
        raise
    except LOST:
        if not head:
            raise
    return head


class Window(Source):
    """`size` bytes of a seekable file from `start` on; leaves the file open."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        """Look at a part of a file."""
        super().__init__()
        self._file, self._place, self._end = file, start, start + size

    def _next(self, size: int) -> bytes:
        size = min(size, self._end - self._place)
        if size <= 0:
            return b""
        self._file.seek(self._place)
        piece = self._file.read(size)
        if not piece:
            raise EvidenceError("the archive ends in the middle of this member")
        self._place += len(piece)
        return piece


class Inflate(Source):
    """A zip member, stored or deflated, with its stated size and CRC-32 checked."""

    def __init__(self, packed: Window, size: int, crc: int, *, stored: bool = False) -> None:
        """Inflate what the window shows, or give it as it is where it is `stored`."""
        super().__init__()
        self._packed, self._size, self._crc = packed, size, crc
        self._engine = None if stored else isal_zlib.decompressobj(-15)
        self._given = self._check = 0

    def _unpack(self, size: int) -> bytes:
        engine = self._engine
        if engine is None:
            return self._packed.read(size) or b""
        piece = b""
        while not piece and not engine.eof:
            packed = engine.unconsumed_tail or self._packed.read(_PACKED) or b""
            piece = engine.decompress(packed, size)
            if not packed and not piece:
                break
        return piece

    def _next(self, size: int) -> bytes:
        piece = self._unpack(min(size, _SIP))
        self._given += len(piece)
        self._check = isal_zlib.crc32(piece, self._check)
        if self._given > self._size:
            raise EvidenceRefused("it unpacks to more than the archive states")
        if not piece:
            self._verify()
        return piece

    def _verify(self) -> None:
        if self._given < self._size:
            raise EvidenceError(f"it ends after {self._given} of {self._size} bytes")
        if self._check != self._crc:
            raise EvidenceError("its checksum is wrong: the archive is damaged")


class Gentle(Source):
    """An unpacking stream, read in small pieces: damage costs no more than one of them."""

    def __init__(self, stream: BinaryIO, most: int, reason: str) -> None:
        """Read a stream gently, and close it in the end.

        Args:
            stream: What unpacks.
            most: Bytes after which it is refused.
            reason: Why it is refused then.
        """
        super().__init__()
        self._stream, self._left, self._reason = stream, most, reason

    def _next(self, size: int) -> bytes:
        piece = piece_of(self._stream, min(size, _SIP))
        self._left -= len(piece)
        if self._left < 0:
            raise EvidenceRefused(self._reason)
        return piece

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()


class Metered(Source):
    """A stream that says of each piece how large it was; the one told may refuse by raising."""

    def __init__(self, stream: BinaryIO, tell_of: Callable[[int], None]) -> None:
        """Meter a stream."""
        super().__init__()
        self._stream, self._tell_of = stream, tell_of

    def _next(self, size: int) -> bytes:
        piece = piece_of(self._stream, size)
        self._tell_of(len(piece))
        return piece


class Joined(Source):
    """A head that was read already, then the rest of its stream; closes it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        """Put the head back before the rest."""
        super().__init__()
        self._head, self._rest = head, rest

    def _next(self, size: int) -> bytes:
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
            return piece
        return piece_of(self._rest, size)

    def close(self) -> None:
        """Close the rest too."""
        self._rest.close()
        super().close()


class Forward(io.RawIOBase):
    """A stream that can tell and seek, but only onwards: what `tarfile` needs of a pipe.

    A single read is bounded, since a tar header may ask for any amount of memory.
    """

    def __init__(self, stream: BinaryIO, *, seekable: bool) -> None:
        """Wrap a stream; where it is `seekable`, it is sought, and backwards too."""
        super().__init__()
        self._stream, self._seekable = stream, seekable
        self._place = 0
        self._failure: Exception | None = None
        self.last = b""
        """The last piece read: at the end of a tar, a block of zeros."""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def tell(self) -> int:
        """Bytes from the start."""
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        """Read exactly `size` bytes, fewer only at the end."""
        if size is None or size < 0 or size > _GULP:
            raise EvidenceRefused(f"a header of the archive asks for {size} bytes at once")
        if self._failure is not None:
            raise self._failure
        pieces: list[bytes] = []
        try:
            while size > 0 and (piece := self._stream.read(size)):
                pieces.append(piece)
                size -= len(piece)
        except LOST as error:
            if not pieces:
                raise
            self._failure = error  # after what came before it
        self.last = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._place += len(self.last)
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to an absolute place; past the end, the next read gives nothing."""
        if whence != io.SEEK_SET or (offset < self._place and not self._seekable):
            raise io.UnsupportedOperation("this stream goes forward only")
        if self._seekable:
            self._place = self._stream.seek(offset)
        while self._place < offset:
            piece = self._stream.read(min(BLOCK, offset - self._place))
            if not piece:
                break
            self._place += len(piece)
        return self._place


def spool(
    stream: Readable, limits: Limits, scratch: Path | None
) -> tuple[BinaryIO, Exception | None]:
    """Copy a stream to memory, or to a nameless file only this user can read where it is large.

    Returns:
        A seekable copy at its start, and what broke the stream, if anything did: then the copy
        holds the bytes before that.

    Raises:
        EvidenceRefused: It is larger than `limits.spool`.
    """
    copy: BinaryIO = io.BytesIO()
    size, failure = 0, None
    try:
        while piece := piece_of(stream, BLOCK):
            if size <= limits.memory < size + len(piece):
                copy = _to_file(cast("io.BytesIO", copy), scratch)
            size += len(piece)
            if size > limits.spool:
                break
            copy.write(piece)
    except LOST as error:
        failure = error
    if size > limits.spool:
        copy.close()
        raise EvidenceRefused(f"it is larger than the {limits.spool} bytes allowed to spool")
    copy.seek(0)
    return copy, failure


def _to_file(memory: io.BytesIO, scratch: Path | None) -> BinaryIO:
    # Nameless where the system allows that: it is gone with the process, killed or not.
    file = cast("BinaryIO", tempfile.TemporaryFile(dir=scratch))  # noqa: SIM115  # the caller closes it
    file.write(memory.getbuffer())
    return file


def decompressor(kind: str, packed: BinaryIO, limits: Limits, size: int) -> BinaryIO:
    """A stream of what a compressed one unpacks to; closing it leaves the compressed one open.

    Args:
        kind: One of `COMPRESSORS`.
        packed: The compressed bytes.
        limits: By which a bomb is refused, while it is read.
        size: Bytes of the file of this machine that it lies in.

    Raises:
        EvidenceRefused: This Python cannot read it: zstd before 3.14.
    """
    most = limits.unfolding(size)
    return cast("BinaryIO", Gentle(_unpacking(kind, packed), most, bomb(limits)))


def bomb(limits: Limits) -> str:
    """Why what unfolds to too much is refused."""
    return f"it unfolds to more than {limits.ratio} times its size, as a zip bomb does"


def _unpacking(kind: str, packed: BinaryIO) -> BinaryIO:
    if kind == "gz":
        from isal import igzip

        return cast("BinaryIO", igzip.IGzipFile(fileobj=packed, mode="rb"))  # type: ignore[no-untyped-call]
    if kind == "bz2":
        return cast("BinaryIO", bz2.BZ2File(packed))
    if kind == "xz":
        return cast("BinaryIO", lzma.LZMAFile(packed))
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise EvidenceRefused(
            "it is compressed with zstd, which needs Python 3.14: unpack it first"
        ) from None
    return cast("BinaryIO", zstd.ZstdFile(packed))
