"""Exchange cmdlets' objects as CliXML: Get-ExchangeServer, ExSetup.exe's version, settings.

What each holds is told by its type, so that the files may have any name: `ExchangeServer` (build of
the cumulative update, mitigations that were applied), `FileVersionInfo` of ExSetup.exe,
`SettingOverride` and `OrganizationConfig`-like objects (the tests of Microsoft's HealthChecker hold
such exports: CSS-Exchange, Diagnostics/HealthChecker/Tests/DataCollection).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.exposure.clixml import LINE, TEXT, TYPES, Plain, dig, read_clixml
from hevesy.exposure.health_settings import download_hosts
from hevesy.exposure.reading import Reading, short_name
from hevesy.exposure.settings import DOWNLOAD_HOSTS, applied_mitigations, override_settings
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence, Setting

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["read_objects"]


def read_objects(data: bytes, place: str, known: ExchangeKnowledge, server: str = "") -> Reading:
    """What a CliXML export says of servers.

    Args:
        data: the file.
        place: how a person finds it.
        known: the tables.
        server: whose collection it is; objects that name a server are of that one.
    """
    try:
        values = read_clixml(data)
    except EvidenceError as error:
        return Reading(problems=(f"{place}: cannot be read: {error}",))
    overrides: list[Plain] = []
    servers: list[ServerEvidence] = []
    for value in values:
        if not isinstance(value, dict):
            continue
        types = str(value.get(TYPES, ""))
        if "Management.ExchangeServer" in types:
            servers.append(_server(value, place, known))
        elif "FileVersionInfo" in types:
            servers += _file_version(value, place, server)
        elif "SettingOverride" in types:
            overrides.append(value)
        elif setting := _setting(value, types, place):
            servers.append(ServerEvidence(server, settings=(setting,)))
    if overrides:
        servers.append(ServerEvidence(server, settings=override_settings(overrides, place, known)))
    return Reading(tuple(servers))


def _server(value: dict[str, Plain], place: str, known: ExchangeKnowledge) -> ServerEvidence:
    name = str(dig(value, "Name") or "")
    fqdn = str(dig(value, "Fqdn") or "")
    version = dig(value, "AdminDisplayVersion")
    text = str(dig(version, TEXT) if isinstance(version, dict) else version or "")
    build = parse_build(text)
    line = _line(version) or _line(value)
    builds: tuple[BuildEvidence, ...] = ()
    if build:
        shown = show_build(build)
        builds = (BuildEvidence(shown, "cu_only", "server_list", place, line, text=text),)
    aliases = (fqdn,) if fqdn and fqdn.upper() != short_name(name) else ()
    return ServerEvidence(
        name=short_name(name or fqdn),
        builds=builds,
        mitigations=applied_mitigations(value, place, known),
        aliases=aliases,
    )


def _file_version(value: dict[str, Plain], place: str, server: str) -> list[ServerEvidence]:
    """The version of ExSetup.exe; of other files it says nothing of Exchange."""
    if "exsetup" not in str(dig(value, "FileName") or dig(value, "OriginalFilename") or "").lower():
        return []
    text = str(dig(value, "FileVersion") or "")
    build = parse_build(text)
    if build is None:
        return []
    evidence = BuildEvidence(
        show_build(build), "su_exact", "exsetup", place, _line(value), text=text
    )
    return [ServerEvidence(server, (evidence,))]


def _setting(value: dict[str, Plain], types: str, place: str) -> Setting | None:
    """What an object of the organization says of a condition; None where it says nothing."""
    if "ADOwaVirtualDirectory" in types:
        if "Default Web Site" not in str(dig(value, "Name") or "Default Web Site"):
            return None
        wrong = download_hosts(value)
        why = wrong or "the OWA virtual directory has Download host names of its own"
        return Setting(DOWNLOAD_HOSTS, not wrong, why, place, _line(value))
    if "SystemConfiguration.HybridConfiguration" in types:
        why = "the organization is hybrid; whether the dedicated application is in use was not read"
        return Setting("hybrid_application", None, why, place, _line(value))
    enabled = dig(value, "EnableDownloadDomains")
    if enabled is None:
        return None
    if enabled is not True:
        why = "EnableDownloadDomains is off"
        return Setting("download_domains", met=False, why=why, source=place, line=_line(value))
    why = "EnableDownloadDomains is on; the Download host names of OWA were not read"
    return Setting("download_domains", None, why, place, _line(value))


def _line(value: Plain) -> int | None:
    text = value.get(LINE) if isinstance(value, dict) else None
    return int(text) if isinstance(text, str) else None
