"""What a path says of a file: whether it lies below a web root, and what its name ends in.

Paths are lower-case and joined by `/`, from the root of a collection that may begin anywhere:
`c/inetpub/wwwroot/x.aspx`, `fs/e:/exchange/frontend/httpproxy/owa/auth/x.aspx`, `owa/auth/x.aspx`.
"""

from __future__ import annotations

import re

__all__ = ["extension", "in_web_root", "is_config", "is_log"]

_WEB_ROOT = re.compile(
    r"""(?:^|/)(?:
        wwwroot | aspnet_client | aspnet_netclient | httpproxy | clientaccess
        | (?:owa|ecp|oab|ews|autodiscover|rpc|mapi|powershell)(?=/)
    )/""",
    re.VERBOSE,
)
_NO_WEB_ROOT = re.compile(r"(?:^|/)(?:logging|temporary asp\.net files|logfiles|winsxs)/")
_CONFIG_NAME = re.compile(
    r"(?:^|[/_-])(?:web|[a-z]*applicationhost|administration|redirection|agents)\d*\.config$"
    r"|\.exe\.config$"
)
_LOG_BEGINNINGS = (b"ElfFile\0", b"#Software:", b"#Fields:", b"#Version:", b"DateTime,", b"regf")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def in_web_root(path: str) -> bool:
    r"""Whether a web server would answer with the file: a site's or Exchange's own folders.

    `Logging\HttpProxy` holds logs, and `Temporary ASP.NET Files\\owa` what was compiled.
    """
    return bool(_WEB_ROOT.search(path)) and not _NO_WEB_ROOT.search(path)


def extension(path: str) -> str:
    """What stands after the last dot of the file's name, without the dot; empty without one."""
    name = path.rsplit("/", 1)[-1].rstrip(". ")
    return name.rsplit(".", 1)[1] if "." in name else ""


def is_log(head: bytes) -> bool:
    """Whether the content is a log or a hive, wherever the file lies and however it is called."""
    return head.removeprefix(_BYTE_ORDER_MARK).startswith(_LOG_BEGINNINGS)


def is_config(path: str) -> bool:
    """Whether the file's name is that of a configuration file of IIS or Exchange."""
    return bool(_CONFIG_NAME.search(path))
