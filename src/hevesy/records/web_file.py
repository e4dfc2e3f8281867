"""Kind `web_file`: files below a web root, where web shells and what they gathered lie."""

from __future__ import annotations

import re

from hevesy.records.batch import Parser
from hevesy.records.places import extension, in_web_root, is_config, is_log

__all__ = ["PARSER", "recognise"]

_ASP = ("aspx", "ashx", "asmx", "asax", "ascx", "asp", "asa", "cer", "cdx", "master", "svc", "soap")
_OTHER = ("rem", "axd", "php", "php3", "php5", "php7", "phtml", "phar", "jsp", "jspx", "cfm", "cgi")
_STATIC = ("shtml", "shtm", "stm", "html", "htm", "xhtml", "js", "txt")
_PROGRAMS = ("dll", "exe", "ps1", "psm1", "bat", "cmd", "vbs", "hta", "py", "pl")
_LOOT = (
    "dmp",
    "zip",
    "7z",
    "rar",
    "cab",
    "gz",
    "tar",
    "pst",
    "edb",
    "dit",
    "bin",
    "dat",
    "tmp",
    "req",
)
_EXTENSIONS = frozenset((*_ASP, *_OTHER, *_STATIC, *_PROGRAMS, *_LOOT, "bak", "old"))
"""Pages, scripts, programs, and what is left in a web root to be fetched from it."""

_PICTURES = {
    "gif": (b"GIF8",),
    "png": (b"\x89PNG",),
    "jpg": (b"\xff\xd8",),
    "jpeg": (b"\xff\xd8",),
    "ico": (b"\0\0\1\0", b"\0\0\2\0", b"\x89PNG"),
    "bmp": (b"BM",),
}
_CODE = re.compile(rb"<%|<\?php|<script\b|\brunat\s*=", re.IGNORECASE)


def recognise(head: bytes, path: str) -> bool:
    """A file below a web root that may be a page, a program or loot.

    Pictures count where their content is none (archives were hidden as `.gif`), other files where
    they hold code of a page.
    """
    if not in_web_root(path) or is_log(head) or is_config(path):
        return False
    ending = extension(path)
    if ending in _EXTENSIONS:
        return True
    magics = _PICTURES.get(ending)
    if magics is not None and head:
        return not head.startswith(magics)
    return bool(_CODE.search(head.replace(b"\0", b"")))


PARSER = Parser(kind="web_file", recognise=recognise, parse=None)
