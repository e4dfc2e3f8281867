"""Names of members: split into parts that do no harm, shown so that nothing hides in them."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

__all__ = ["hidden_path", "plain_path", "safe_parts", "show"]

# Control characters, lone surrogates (undecodable bytes), and marks that reorder text on screen.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]"
)
_DRIVE_RELATIVE = re.compile(r"^[A-Za-z]:.")
_BYTES = "bytes:"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004  # how Python carries an undecodable byte (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004  # one byte


def show(text: str) -> str:
    r"""The text with everything unprintable or undecodable escaped visibly: `a\x00b`."""
    return _UNSHOWN.sub(_escape, text)


def safe_parts(name: str, *, backslash: bool) -> tuple[tuple[str, ...], str]:
    r"""Split a member's name into parts; the second value says why it is refused, or is empty.

    Args:
        name: As the archive gives it.
        backslash: Whether `\` separates too, as in zips made on Windows.

    Returns:
        The shown parts, without `.` and empty ones, and the reason for a refusal: an absolute
        name, a drive-relative one (`C:x`), one with `..`, an empty one. `C:/x` is the way some
        collectors name a drive, and is no refusal: nothing is ever unpacked to its name.
    """
    text = name.replace("\\", "/") if backslash else name
    parts = tuple(show(part) for part in text.split("/") if part not in {"", "."})
    if text.startswith("/") or name.startswith("\\"):
        return parts, "its name is absolute"
    if ".." in parts:
        return parts, "its name holds `..`"
    if not parts:
        return parts, "it has no name"
    if _DRIVE_RELATIVE.match(parts[0]):
        return parts, "its name is relative to a drive"
    return parts, ""


def plain_path(path: str) -> str:
    """A path of this machine as text that can be stored; undecodable bytes are kept."""
    if path == show(path) and not path.startswith(_BYTES):
        return path
    return _BYTES + quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/:\\ ")


def hidden_path(text: str) -> str:
    """The path that `plain_path` made the text of."""
    if not text.startswith(_BYTES):
        return text
    return unquote_to_bytes(text.removeprefix(_BYTES)).decode("utf-8", "surrogateescape")
