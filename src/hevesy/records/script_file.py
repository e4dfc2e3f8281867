"""Kind `script_file`: scripts and pages outside a web root, tools and shells left behind."""

from __future__ import annotations

import re

from hevesy.records.batch import Parser
from hevesy.records.file_text import decode_text
from hevesy.records.places import extension, in_web_root, is_log

__all__ = ["PARSER", "recognise"]

_PAGES = ("aspx", "ashx", "asmx", "asax", "ascx", "asp", "asa", "cer", "jsp", "jspx", "php")
_SCRIPTS = ("ps1", "psm1", "psd1", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta")
_EXTENSIONS = frozenset((*_PAGES, *_SCRIPTS, "phtml", "cfm", "sct", "py", "pl"))
_BINARY = frozenset({"cer"})
_PAGE = re.compile(
    r"\s*(?:<%@\s*(?:page|webhandler|webservice|language|import)\b|<\?php\b)", re.IGNORECASE
)
_BEGINNING = 512


def recognise(head: bytes, path: str) -> bool:
    """By its ending, or, whatever it is called, by beginning as a page does (`<%@ Page`)."""
    if in_web_root(path) or is_log(head):
        return False
    if _PAGE.match(decode_text(head[:_BEGINNING])):
        return True
    ending = extension(path)
    return ending in _EXTENSIONS and (ending not in _BINARY or b"<" in head)


PARSER = Parser(kind="script_file", recognise=recognise, parse=None)
