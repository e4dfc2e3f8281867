"""Which log kinds there are, what each would have shown, and which table it fills."""

from __future__ import annotations

from hevesy.tables.later_kinds import later_kinds
from hevesy.tables.table import Kind

__all__ = ["KINDS", "kind_title"]

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "iis",
            "IIS web server log",
            "iis",
            "every request that reached the web server: probes, exploit requests, shell use",
        ),
        Kind(
            "httpproxy",
            "Exchange HttpProxy log",
            "httpproxy",
            "every request that the front end passed on, with the mailbox it was anchored to: SSRF",
            exchange=True,
        ),
        Kind(
            "ecp_server",
            "Exchange ECP Server log",
            "ecp_server",
            "cmdlets run through the control panel: virtual directories abused to write files",
            exchange=True,
        ),
        Kind(
            "ecp_activity",
            "Exchange ECP Activity log",
            "ecp_activity",
            "requests to the control panel, with the user and the build",
            exchange=True,
        ),
        Kind(
            "oab_generator",
            "Exchange OABGenerator log",
            "oab_generator",
            "files written in place of an offline address book",
            exchange=True,
        ),
        Kind(
            "evtx",
            "Windows event log (EVTX)",
            "windows",
            "processes, files, logons, services, cmdlets, as far as the channels were audited",
        ),
        Kind(
            "event_json",
            "Windows events as JSON lines",
            "windows",
            "processes, files, logons, services, cmdlets, as far as the channels were audited",
        ),
        Kind(
            "web_file",
            "File in a web root",
            "",
            "web shells that still lie on disk",
        ),
        Kind(
            "compiled_page",
            "Compiled ASP.NET page (.compiled)",
            "",
            "pages that were executed, after their file was deleted too",
        ),
        Kind(
            "config_file",
            "IIS or Exchange configuration file",
            "",
            "modules, virtual directories and rules that were added",
        ),
        Kind(
            "script_file",
            "Script or page outside a web root",
            "",
            "tools and shells that were left behind",
        ),
    )
}
"""By name. A file kind has no table: its bytes are scanned, its path and hash are compared."""


def kind_title(name: str) -> str:
    """Title of a log kind, of `windows:<channel>` and `later:<what>` too; else the name itself."""
    if name.startswith("windows:"):
        return f"Windows events: {name.removeprefix('windows:')}"
    if name.startswith("later:"):
        later = later_kinds().get(name.removeprefix("later:"))
        return later.title if later else name
    return KINDS[name].title if name in KINDS else name
