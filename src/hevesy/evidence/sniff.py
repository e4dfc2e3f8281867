"""What a file is a container of, by its magic."""

from __future__ import annotations

import re

__all__ = [
    "ARCHIVE_NAME",
    "COMPRESSORS",
    "container_of",
    "is_tar",
    "stored_image",
    "unread_archive",
]

COMPRESSORS = ("gz", "bz2", "xz", "zst")
"""Containers of one stream."""

ARCHIVE_NAME = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst)$", re.IGNORECASE)
"""Names that promise an archive."""

# Zip files that are one document or one program: nobody keeps logs in them.
_DOCUMENT = re.compile(
    r"\.(docx|docm|dotx|xlsx|xlsm|xlsb|pptx|pptm|vsdx|od[tspg]|jar|war|ear|nupkg|vsix|apk|appx|msix"
    r"|whl|epub|xpi|crx|3mf|kmz|accdt|thmx)$",
    re.IGNORECASE,
)
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty one
    (b"PK\x07\x08", "zip"),  # a part of a split one
    (b"\x1f\x8b\x08", "gz"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
)
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)", re.DOTALL)
_UNREAD = (
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)
_IMAGES = (b"vhdxfile", b"EVF\x09\x0d\x0a\xff\x00", b"EVF2\r\n\x81\x00", b"KDMV", b"QFI\xfb")


def is_tar(head: bytes) -> bool:
    """Whether it starts with a tar header whose checksum is right (POSIX ustar, GNU or v7)."""
    block = head[:512]
    if len(block) < 512 or not any(block):  # noqa: PLR2004  # a tar header's size
        return False
    try:
        stated = int(block[148:156].strip(b" \0") or b"-", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + sum(block[156:]) + 8 * 0x20


def container_of(head: bytes, name: str = "") -> str:
    """`zip`, `tar`, one of `COMPRESSORS`, or empty; a document that is a zip inside is none."""
    for magic, container in _MAGIC:
        if head.startswith(magic):
            return "" if container == "zip" and _DOCUMENT.search(name) else container
    if _BZIP2.match(head):
        return "bz2"
    return "tar" if is_tar(head) else ""


def unread_archive(head: bytes) -> str:
    """Name of an archive format that is recognised but not read, or empty."""
    return next((title for magic, title in _UNREAD if head.startswith(magic)), "")


def stored_image(head: bytes) -> bool:
    """Whether it is a disk image: E01, VHDX, VMDK or qcow2."""
    return head.startswith(_IMAGES)
