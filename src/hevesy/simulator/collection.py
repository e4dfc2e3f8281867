"""Where invented files go: a folder, a zip or a tar, in the layout of a collector."""

from __future__ import annotations

import tarfile
import zipfile
from contextlib import AbstractContextManager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from hevesy.simulator.scenario import Server

__all__ = ["Collection", "member_path", "open_collection"]

_MOMENT = (2021, 3, 15, 9, 0, 0)
"""Time of every member; fixed, so that the same scenario gives the same bytes."""
_EPOCH = 1_615_798_800


class Collection(Protocol):
    """Takes files one after the other."""

    def add(self, path: str, parts: Iterable[bytes]) -> int:
        """Write one file from its parts; returns its size in bytes."""


def member_path(layout: str, windows_path: str) -> str:
    r"""Where a file of the server lies in a collection of that layout.

    `C:\inetpub\a.log` is `C/inetpub/a.log`, or `uploads/auto/C%3A/inetpub/a.log`; in a bare
    collection it keeps its last two parts.
    """
    parts = windows_path.split("\\")
    if layout == "velociraptor":
        return "uploads/auto/" + "/".join(quote(part, safe=" ()[]_-.,$@+=~{}") for part in parts)
    if layout == "bare":
        return "/".join(parts[-2:])
    return "/".join([parts[0].removesuffix(":"), *parts[1:]])


def open_collection(output: Path, server: Server) -> AbstractContextManager[Collection]:
    """The server's collection below `output`, named after it, ready to take files."""
    if server.container == "folder":
        return _Folder(output / server.name)
    path = output / f"{server.name}.{server.container}"
    if server.container == "zip":
        return _Zip(path)
    return _Tar(path, packed=server.container == "tar.gz")


class _Closing(AbstractContextManager["Collection"]):
    """Closes what it opened."""

    def close(self) -> None:
        """Finish the file."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, whatever happened."""
        self.close()


class _Folder(_Closing):
    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Collection:
        self._root.mkdir(parents=True, exist_ok=True)
        return self

    def add(self, path: str, parts: Iterable[bytes]) -> int:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            return sum(file.write(part) for part in parts)


class _Zip(_Closing):
    def __init__(self, path: Path) -> None:
        # level 1: a demo is no place to wait for a better one
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def __enter__(self) -> Collection:
        return self

    def add(self, path: str, parts: Iterable[bytes]) -> int:
        info = zipfile.ZipInfo(path, _MOMENT)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        info.create_system = 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            return sum(member.write(part) for part in parts)

    def close(self) -> None:
        self._zip.close()


class _Tar(_Closing):
    def __init__(self, path: Path, *, packed: bool) -> None:
        self._file = path.open("wb")
        self._packed = (
            igzip.IGzipFile(  # type: ignore[no-untyped-call]  # isal types its core only
                filename="", fileobj=self._file, mode="wb", compresslevel=0, mtime=_EPOCH
            )
            if packed
            else None
        )
        stream = self._packed or self._file
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed in close()

    def __enter__(self) -> Collection:
        return self

    def add(self, path: str, parts: Iterable[bytes]) -> int:
        """A tar member's size stands before it, so its parts are gathered on disk first."""
        with SpooledTemporaryFile(max_size=64_000_000) as spool:
            size = sum(spool.write(part) for part in parts)
            spool.seek(0)
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.mode = size, _EPOCH, 0o644
            self._tar.addfile(info, spool)
        return size

    def close(self) -> None:
        self._tar.close()
        if self._packed is not None:
            self._packed.close()
        self._file.close()
