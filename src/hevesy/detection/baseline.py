"""Compares files in web roots with what Exchange ships: leads, never proof."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hevesy.detection.stages import Claim
from hevesy.model import Level, Outcome, RuleReference, Source, Stage

__all__ = ["Baseline", "page_of"]

_SERVED = re.compile(r"\.(aspx|ashx|asmx|asax|asp|cshtml|php|jsp|jspx|cfm|soap|svc)$")
"""Extensions that IIS runs."""

_EXCHANGE = re.compile(r"(?:^|/)(?:v1[45]/)?((?:frontend/httpproxy|clientaccess)/.+)$")

_ROOTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:^|[\\/])frontend[\\/]httpproxy[\\/](.+)$"), "/"),
    (re.compile(r"(?:^|[\\/])inetpub[\\/]wwwroot[\\/](.+)$"), "/"),
    (re.compile(r"(?:^|[\\/])clientaccess[\\/](.+)$"), "/"),
    (re.compile(r"(?:^|[\\/])(aspnet_client[\\/].+)$"), "/"),
    (re.compile(r"(?:^|[\\/])((?:owa|ecp)[\\/]auth[\\/].+)$"), "/"),
)


def page_of(path: str) -> str:
    r"""The URL path under which IIS serves a file of Exchange's web roots, lower case; else empty.

    `C:\inetpub\wwwroot\aspnet_client\a.aspx` is `/aspnet_client/a.aspx`; `D:\Exchange\V15\FrontEnd\
    HttpProxy\owa\auth\a.aspx` is `/owa/auth/a.aspx` (the virtual directories of Default Web Site).
    """
    lowered = path.lower()
    for pattern, prefix in _ROOTS:
        found = pattern.search(lowered)
        if found:
            return prefix + found.group(1).replace("\\", "/")
    return ""


def _rule(name: str, title: str, level: Level, description: str) -> RuleReference:
    return RuleReference(
        id=f"baseline:{name}",
        title=title,
        author="hevesy",
        source="hevesy/baseline",
        licence="Apache-2.0",
        level=level,
        techniques=("T1505.003",),
        description=description,
        false_positives=(
            "A security update changes shipped pages; the list holds releases and a few CUs only",
            "An add-on or an administrator's own page",
        ),
        remedy="check-web-file",
    )


_UNSHIPPED = _rule(
    "unshipped-page",
    "A page in an Exchange web root that no known release ships",
    Level.MEDIUM,
    "A file that IIS runs lies where Exchange's own pages lie, under a name that none of the known "
    "releases has",
)
_CHANGED = _rule(
    "changed-page",
    "A shipped page whose content no known release has",
    Level.LOW,
    "A page that Exchange ships has a hash that is in no list; an update changes pages, and so "
    "does code appended to them",
)
_NAMED = _rule(
    "shell-name",
    "A page in a place and under a name that web shells had",
    Level.HIGH,
    "Name and folder are those of a web shell seen in 2021; the content decides",
)
_FOREIGN = _rule(
    "page-in-aspnet-client",
    "A page in aspnet_client, where ASP.NET keeps no pages",
    Level.HIGH,
    "The folder holds scripts for browsers; no page that the server runs belongs there",
)
_COMPILED = _rule(
    "compiled-page",
    "A page was executed that no known release ships",
    Level.MEDIUM,
    "ASP.NET compiles a page when it is first asked for; what it compiled outlives the page itself",
)


@dataclass(frozen=True)
class Baseline:
    """Shipped pages and names of known web shells, ready to be compared with."""

    shipped: pl.DataFrame
    """Columns `relative_path` (lower case, `/`) and `sha256`."""
    shell_names: pl.DataFrame
    """Columns `name` and `paths`."""

    @cached_property
    def _hashes(self) -> frozenset[str]:
        return frozenset(self.shipped["sha256"])

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self.shipped["relative_path"])

    @cached_property
    def _names(self) -> frozenset[str]:
        rows = self.shell_names.filter(
            ~pl.col("note").fill_null("").str.contains("generic|LEGITIMATE")
        )
        return frozenset(rows["name"].str.to_lowercase())

    def known(self, sha256: str) -> bool:
        """Whether a file has the content of a page that Exchange ships."""
        return sha256 in self._hashes

    def of_file(self, source: Source, sha256: str) -> Claim | None:
        """The strongest lead that name, place and hash of a web file give, if any."""
        path = (source.windows_path or source.path).replace("\\", "/").lower()
        name = path.rsplit("/", 1)[-1]
        if not _SERVED.search(name) or self.known(sha256):
            return None
        found = _EXCHANGE.search(path)
        relative = found.group(1) if found else ""
        if relative in self._paths:
            return _lead(
                _CHANGED, "its path is a shipped page's, its hash is in no list of shipped files"
            )
        if "/aspnet_client/" in path:
            return _lead(
                _FOREIGN, "the server runs pages with this extension, and none belongs here"
            )
        if name in self._names:
            return _lead(
                _NAMED, "the name is that of a web shell seen before; its content was not known"
            )
        if relative:
            return _lead(_UNSHIPPED, "no known release ships a page of this path and content")
        return None

    def ships(self, page: str) -> bool:
        """Whether Exchange ships a page of this URL path (lower case)."""
        tail = page.lstrip("~/")
        return any(
            f"{root}/{tail}" in self._paths for root in ("frontend/httpproxy", "clientaccess")
        )

    def of_page(self, page: str) -> Claim | None:
        """The lead that the execution of a page gives; none where Exchange ships the page.

        Args:
            page: Virtual path, lower case: `/owa/auth/a.aspx`.
        """
        if not _SERVED.search(page) or self.ships(page):
            return None
        why = "the server compiled this page, which it does when it is first asked for"
        return Claim(_COMPILED, Stage.SHELL_USED, Outcome.UNKNOWN, why, anchor=False, own=True)


def _lead(rule: RuleReference, why: str) -> Claim:
    return Claim(rule, Stage.SHELL_PLACED, Outcome.UNKNOWN, why, anchor=False, own=True)
