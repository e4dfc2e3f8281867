"""Members of zip and tar archives: listed, and opened again from what their `Step` says alone."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, cast

from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.evidence.names import safe_parts, show
from hevesy.evidence.streams import BLOCK, BROKEN, Forward, Inflate, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.evidence.limits import Limits

__all__ = ["Member", "Step", "open_tar_member", "open_zip_member", "tar_members", "zip_members"]

_ENCRYPTED = 0x1 | 0x40
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_END = struct.Struct("<4s4H2LH")
_DEFLATE64 = 9
_SEE_ZIP64 = 0xFFFFFFFF
_EXTENDED_TIME, _NTFS_TIME = 0x5455, 0x000A
_EPOCH_1601 = 11_644_473_600


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a locator: into which container, and where in it.

    The text form, `zip:offset,index,method,packed,crc,size:name`, holds all that is needed to read
    the member without reading the archive's directory again.
    """

    container: str
    """`zip`, `tar`, or a compressor."""
    name: str = ""
    offset: int = 0
    """Of the member's header in the (uncompressed) archive."""
    index: int = 0
    method: int = 0
    packed: int = 0
    crc: int = 0
    size: int = 0
    """Unpacked."""

    def text(self) -> str:
        """As it stands in a locator."""
        numbers = (self.offset, self.index, self.method, self.packed, self.crc, self.size)
        return f"{self.container}:{','.join(map(str, numbers))}:{self.name}"

    @staticmethod
    def of(text: str) -> Step:
        """Read the text form."""
        container, numbers, name = text.split(":", 2)
        return Step(container, name, *map(int, numbers.split(",")))


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive."""

    parts: tuple[str, ...]
    """Its name in parts, shown."""
    size: int
    modified: datetime | None
    step: Step
    problem: str = ""
    """Why it is refused; empty where it can be read."""
    hole: int = 0
    """Bytes of its size that the archive does not store: a sparse member of a tar."""


def zip_members(file: BinaryIO, limits: Limits) -> list[Member]:
    """Every file of a zip, in the order in which they lie, so that reading goes onwards.

    Raises:
        EvidenceError: Its directory cannot be read.
        EvidenceRefused: It is empty, or members overlap: the mark of a bomb.
    """
    _check_directory(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except BROKEN as error:
        raise EvidenceError(
            f"the zip cannot be read, it may be cut off or damaged: {show(str(error))}"
        ) from error
    if not infos:
        raise EvidenceRefused("the zip is empty")
    end = file.seek(0, io.SEEK_END)
    if sum(info.compress_size for info in infos) > end:
        raise EvidenceRefused("members of the zip overlap, as in a zip bomb")
    members = [_zip_member(index, info) for index, info in enumerate(infos) if not _is_folder(info)]
    return sorted(members, key=lambda member: (member.step.offset, member.step.index))


def _check_directory(file: BinaryIO, limits: Limits) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END.size - 0xFFFF))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise EvidenceError("the zip has no directory: it is cut off or damaged")
    directory = _END.unpack_from(tail, place)[5]
    if directory == _SEE_ZIP64:
        directory = _zip64_directory(file, tail[max(0, place - 20) : place])
    if directory > limits.directory:
        raise EvidenceRefused(f"the zip's directory is larger than {limits.directory} bytes")


def _zip64_directory(file: BinaryIO, locator: bytes) -> int:
    """Size of the directory by the zip64 end record that a locator points to; 0 if it is none."""
    if len(locator) < 20 or locator[:4] != b"PK\x06\x07":  # noqa: PLR2004  # a locator's size
        return 0
    file.seek(struct.unpack_from("<Q", locator, 8)[0])
    record = file.read(56)
    if len(record) < 56 or record[:4] != b"PK\x06\x06":  # noqa: PLR2004  # a record's size
        return 0
    return int(struct.unpack_from("<Q", record, 40)[0])


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.orig_filename.endswith(("/", "\\")) and not info.file_size


def _zip_member(index: int, info: zipfile.ZipInfo) -> Member:
    # `filename` ends at a NUL, which would let a name hide; `orig_filename` is what was stored.
    parts, problem = safe_parts(info.orig_filename, backslash=True)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & _ENCRYPTED:
        problem = "it is encrypted: decrypt it first"
    elif kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        problem = problem or "it is a link or a device"
    elif info.compress_type == _DEFLATE64:
        problem = problem or "it is compressed with Deflate64, which is not read: pack it anew"
    step = Step(
        "zip",
        "/".join(parts),
        info.header_offset,
        index,
        info.compress_type,
        info.compress_size,
        info.CRC,
        info.file_size,
    )
    return Member(parts, info.file_size, _zip_time(info.extra), step, problem)


def _zip_time(extra: bytes) -> datetime | None:
    """UTC time of last change from the extra fields; the plain one has no time zone, so no.

    Fields 0x5455 (extended timestamp) and 0x000a (NTFS) of PKWARE's APPNOTE and Info-ZIP.
    """
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, place)
        body = extra[place + 4 : place + 4 + size]
        if kind == _EXTENDED_TIME and len(body) >= 5 and body[0] & 1:  # noqa: PLR2004  # flags, time
            return _time(struct.unpack_from("<l", body, 1)[0])
        if kind == _NTFS_TIME and len(body) >= 16 and body[4:8] == b"\x01\0\x18\0":  # noqa: PLR2004
            return _time(struct.unpack_from("<Q", body, 8)[0] / 1e7 - _EPOCH_1601)
        place += 4 + size
    return None


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def open_zip_member(file: BinaryIO, step: Step) -> BinaryIO:
    """Open a member of a zip; reading it raises `EvidenceError` where it is damaged.

    Args:
        file: The zip, seekable; it is left open.
        step: Where the member lies.

    Raises:
        EvidenceError: There is no member where the step says.
        EvidenceRefused: It is compressed in a way that is not read.
    """
    if step.method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return _open_rare(file, step)
    file.seek(step.offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":  # noqa: PLR2004  # a local header's size
        raise EvidenceError("there is no member where the zip's directory says: it is damaged")
    _, name, extra = _LOCAL_HEADER.unpack(header)
    window = Window(file, step.offset + 30 + name + extra, step.packed)
    stored = step.method == zipfile.ZIP_STORED
    inflated = Inflate(window, step.size, step.crc, stored=stored)
    return io.BufferedReader(inflated, min(BLOCK, max(8192, step.size + 1)))


def _open_rare(file: BinaryIO, step: Step) -> BinaryIO:
    try:
        archive = zipfile.ZipFile(file)
        return cast("BinaryIO", archive.open(archive.infolist()[step.index]))
    except BROKEN as error:
        raise EvidenceRefused(f"its compression is not read: {show(str(error))}") from error


def tar_members(tape: Forward) -> Iterator[tuple[Member, BinaryIO | None]]:
    """Every entry of a tar but folders, in its order, with its stream.

    The stream holds until the next entry is asked for; it is None where the entry is refused.

    Raises:
        EvidenceError: The tar is cut off or damaged; what came before was yielded.
    """
    try:
        with tarfile.open(fileobj=tape, mode="r:") as archive:
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # a tape of millions of members must not stay in memory
                if not info.isdir():
                    member = _tar_member(info)
                    yield member, None if member.problem else _tar_stream(archive, tape, info)
    except BROKEN as error:
        raise EvidenceError(f"the tar is cut off or damaged: {show(str(error))}") from error
    if not tape.last:
        raise EvidenceError("the tar has no end mark: it may be cut off")
    if any(tape.last):
        raise EvidenceError("the tar is damaged: what follows its last member is no header")


def _tar_member(info: tarfile.TarInfo) -> Member:
    parts, problem = safe_parts(info.name, backslash=False)
    if info.issym() or info.islnk():
        problem = problem or "it is a link"
    elif not info.isreg():
        problem = problem or "it is a device, a pipe or of an unknown type"
    step = Step("tar", "/".join(parts), info.offset, size=max(0, info.size))
    pieces = cast("list[tuple[int, int]] | None", info.sparse)  # (offset, size); stub says int
    stored = info.size if pieces is None else sum(size for _, size in pieces)
    hole = max(0, info.size - stored)
    return Member(parts, max(0, info.size), _time(info.mtime), step, problem, hole)


def _tar_stream(archive: tarfile.TarFile, tape: Forward, info: tarfile.TarInfo) -> BinaryIO:
    if not info.issparse():
        window = Window(cast("BinaryIO", tape), info.offset_data, info.size)
        return io.BufferedReader(window, min(BLOCK, max(8192, info.size + 1)))
    stream = archive.extractfile(info)
    if stream is None:
        raise EvidenceError("its data cannot be reached")
    return cast("BinaryIO", stream)


def open_tar_member(tape: Forward, step: Step) -> BinaryIO:
    """Open a member of a tar: on a pipe, only members that lie further on.

    Raises:
        EvidenceError: There is no such member where the step says.
    """
    try:
        tape.seek(step.offset)
        archive = tarfile.open(fileobj=tape, mode="r:")  # noqa: SIM115  # it owns nothing
        info = archive.next()
        if info is None or info.size != step.size:
            raise EvidenceError("there is no such member in the tar: it is cut off or damaged")
        return _tar_stream(archive, tape, info)
    except BROKEN as error:
        raise EvidenceError(f"the tar is cut off or damaged: {show(str(error))}") from error
