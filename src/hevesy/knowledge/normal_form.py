"""The one form in which values of indicators and of records are compared."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "HASH_LENGTHS",
    "hash_type",
    "infer_type",
    "normalise_address",
    "normalise_domain",
    "normalise_path",
    "normalise_user_agent",
    "refang",
    "user_agent_expression",
]

HASH_LENGTHS = {32: "md5", 40: "sha1", 64: "sha256"}
"""Hex digits of a hash -> its type."""

_HEX = re.compile(r"[0-9a-fA-F]+")
_SHAPES = (
    ("url", re.compile(r"(?i)https?://.+")),
    ("file_path", re.compile(r"(?i)(?:[a-z]:[\\/]|%[a-z_]+%[\\/]|\\).+")),
    ("email", re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")),
    ("uri_stem", re.compile(r"/.*")),
    ("domain", re.compile(r"(?i)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]+\.?")),
)
_SEPARATORS = r"[\s,+]+"


def normalise_user_agent(text: str) -> str:
    """A user agent as both IIS and HttpProxy logs can be compared with it.

    IIS writes a blank as `+`; HttpProxy writes a comma as a blank (Neo23x0/signature-base pull
    request 125). So commas, `+` and runs of blanks all become one blank, and case is dropped.
    """
    return re.sub(_SEPARATORS, " ", text).strip().lower()


def user_agent_expression(column: pl.Expr) -> pl.Expr:
    """`normalise_user_agent` over a column of text."""
    return column.str.replace_all(_SEPARATORS, " ").str.strip_chars().str.to_lowercase()


def normalise_path(text: str) -> str:
    r"""A Windows path in lower case with single `\`; NTFS does not tell case apart."""
    path = text.strip().strip('"').replace("/", "\\").lower()
    head = "\\" if path.startswith("\\\\") else ""
    return head + re.sub(r"\\+", r"\\", path)


def normalise_address(text: str) -> str:
    """An IPv4 or IPv6 address in its canonical form, without a port or zone.

    Raises:
        ValueError: It is no address.
    """
    bare = text.strip().strip("[]").partition("%")[0]
    return str(ipaddress.ip_address(bare))


def normalise_domain(text: str) -> str:
    """A host name in lower case without the dot at its end."""
    return text.strip().lower().rstrip(".")


def refang(text: str) -> str:
    """Undo the usual defanging: `hxxp://`, `[.]`, `(.)`, `[dot]`, `[:]`, `[@]`, `[at]`."""
    text = re.sub(r"(?i)\bh(?:xx|\*\*|tt)p(s?)\[?:\]?//", r"http\1://", text.strip())
    text = re.sub(r"(?i)\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", ".", text)
    text = re.sub(r"(?i)\[@\]|\(@\)|\[at\]|\(at\)", "@", text)
    return text.replace("[:]", ":").replace("[://]", "://").replace("[/]", "/")


def hash_type(text: str) -> str | None:
    """`md5`, `sha1` or `sha256` by length; None where it is no such hash."""
    return HASH_LENGTHS.get(len(text)) if _HEX.fullmatch(text) else None


def _is_address(text: str) -> bool:
    try:
        normalise_address(text)
    except ValueError:
        return False
    return True


def infer_type(text: str) -> str | None:
    """Type of a value that stands without one, None where its form does not tell."""
    if kind := hash_type(text):
        return kind
    if _is_address(text):
        return "ip"
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(text)), None)
