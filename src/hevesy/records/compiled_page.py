r"""Kind `compiled_page`: what ASP.NET leaves of a page that ran, after the page is deleted too.

`C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Temporary ASP.NET Files\<app>\<hash>\<hash>\`
holds, for each page compiled, `<name>.<hash>.compiled` (XML with the page's virtual path) and the
assembly that it names, `App_Web_<random>.dll`. The XML is that of
System.Web.Compilation.BuildResult (`preserve`, `filedeps`), .NET reference source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat  # DTD and entities are refused below

from hevesy.records.batch import Parser
from hevesy.records.places import is_log

__all__ = ["PARSER", "CompiledPage", "read_compiled", "recognise"]

_MAX_SIZE = 1024 * 1024
_FOLDER = re.compile(r"(?:^|/)temporary asp\.net files/")
_ASSEMBLY = re.compile(r"/app_web_[^/]*\.dll$")


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """What a `.compiled` file says."""

    virtual_path: str
    """Path of the page in the web server: `/owa/auth/x.aspx`."""
    type: str
    """Class it became: `ASP.auth_x_aspx`."""
    assembly: str
    """Assembly that holds the class: `App_Web_abcdefgh`."""
    filedeps: tuple[str, ...]
    """Virtual paths of the files it was made from, the page among them."""


class _DtdRefused(Exception):  # noqa: N818  # never leaves this module
    pass


def recognise(head: bytes, path: str) -> bool:
    """`*.compiled`, and `App_Web_*.dll` in `Temporary ASP.NET Files`."""
    if is_log(head):
        return False
    return path.endswith(".compiled") or bool(_FOLDER.search(path) and _ASSEMBLY.search(path))


def read_compiled(data: bytes) -> CompiledPage | None:
    """Read a `.compiled` file; None where it is damaged, over 1 MiB, or has a DTD.

    Entities cannot be expanded and nothing external is read: a DTD ends the reading.
    """
    if len(data) > _MAX_SIZE:
        return None
    preserve: dict[str, str] = {}
    filedeps: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "preserve" and not preserve:
            preserve.update(attributes)
        elif name == "filedep" and "name" in attributes:
            filedeps.append(attributes["name"])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003  # expat takes it by position
    except (expat.ExpatError, _DtdRefused, ValueError, LookupError):
        return None
    if not preserve.get("virtualPath"):
        return None
    return CompiledPage(
        virtual_path=preserve["virtualPath"],
        type=preserve.get("type", ""),
        assembly=preserve.get("assembly", ""),
        filedeps=tuple(filedeps),
    )


def _refuse(*_: object) -> None:
    raise _DtdRefused


PARSER = Parser(kind="compiled_page", recognise=recognise, parse=None)
