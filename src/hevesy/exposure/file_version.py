"""The version of an executable: ExSetup.exe tells the build to the security update.

Format: the fixed part of a VERSIONINFO resource, VS_FIXEDFILEINFO (Microsoft, verrsrc.h): the
signature 0xFEEF04BD, the structure's version 1.0, then file version and product version as two
little-endian words each, high before low. It is looked for by its signature within the file, so
that a damaged section table does not hide it; the file must begin as an executable (`MZ`).
"""

from __future__ import annotations

import struct

from hevesy.exposure.reading import Reading
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence

__all__ = ["read_exsetup", "version_of"]

_SIGNATURE = struct.pack("<II", 0xFEEF04BD, 0x00010000)
_FIXED = struct.Struct("<8xIIII")
_TRIES = 64
"""Places where the signature may stand without being one, in a file made to mislead."""


def version_of(data: bytes) -> tuple[int, int, int, int] | None:
    """File version of an executable; None where it has none."""
    if data[:2] != b"MZ":
        return None
    place = -1
    for _ in range(_TRIES):
        place = data.find(_SIGNATURE, place + 1)
        if place < 0 or place + _FIXED.size > len(data):
            return None
        high, low, _, _ = _FIXED.unpack_from(data, place)
        version = high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF
        if any(version):
            return version
    return None


def read_exsetup(data: bytes, place: str, server: str = "") -> Reading:
    r"""The build of `Bin\ExSetup.exe`.

    The file's time of change is that of its making, not of its installation: the build has no time.

    Args:
        data: the file.
        place: how a person finds it.
        server: whose it is.
    """
    version = version_of(data)
    build = parse_build(".".join(str(part) for part in version)) if version else None
    if build is None:
        what = f"its version is {version}" if version else "it has no version"
        return Reading(problems=(f"{place}: no Exchange build can be read: {what}",))
    evidence = BuildEvidence(show_build(build), "su_exact", "exsetup", place)
    return Reading((ServerEvidence(server, (evidence,)),))
