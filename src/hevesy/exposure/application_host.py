"""applicationHost.config: Extended Protection of each virtual directory, application pools.

Format: Microsoft, IIS configuration reference: a `<location path="Default Web Site/EWS">` holds
`system.webServer/security/authentication/windowsAuthentication/extendedProtection` with
`tokenChecking`; what it does not say is inherited from the location above it, and is None where
none says it. What each directory should have is Microsoft's table, of ExchangeExtendedProtection-
Management and HealthChecker (CSS-Exchange, `Get-ExtendedProtectionConfigurationResult.ps1`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.exposure.reading import Reading
from hevesy.exposure.xml_tree import XmlElement, parse_xml
from hevesy.model import Mitigation, ServerEvidence, Setting, VirtualDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["FRONT_END", "extended_protection", "read_application_host"]

FRONT_END, BACK_END = "Default Web Site", "Exchange Back End"
_PROTECTION = (
    "system.webServer",
    "security",
    "authentication",
    "windowsAuthentication",
    "extendedProtection",
)
_RESTRICTION = ("system.webServer", "security", "ipSecurity")
_CACHE_MODULE = "TokenCacheModule"
_STRENGTH = {"none": 0, "allow": 1, "require": 2}
_BY_ADDRESS = "exchange back end/ews"
"""The one directory for which Microsoft accepts a list of addresses instead."""


def read_application_host(
    data: bytes,
    place: str,
    known: ExchangeKnowledge,
    server: str = "",
    modified: datetime | None = None,
) -> Reading:
    """Extended Protection of a server, and application pools that were stopped.

    Args:
        data: the file.
        place: how a person finds it.
        known: the tables.
        server: whose it is.
        modified: when it was changed last: what it says stands since then at the latest.
    """
    try:
        root = parse_xml(data)
    except EvidenceError as error:
        return Reading(problems=(f"{place}: cannot be read: {error}",))
    directories = extended_protection(root, known)
    settings = _token_cache(root, place)
    if directories:
        settings = (_setting(directories, place), *settings)
    found = ServerEvidence(
        server,
        settings=settings,
        mitigations=_pools(root, place, known, modified),
        directories=directories,
    )
    return Reading((found,))


def extended_protection(root: XmlElement, known: ExchangeKnowledge) -> tuple[VirtualDirectory, ...]:
    """Each directory of Microsoft's table that the configuration has, in the table's order.

    A directory that is on a site that the configuration knows, and not itself in it, is listed with
    nothing found: servers of Exchange 2013 have one site of the two, or lack a directory.
    """
    locations = _locations(root)
    default = _token(root)
    found = []
    for name, front, back in known.extended_protection:
        for site, expected in ((FRONT_END, front), (BACK_END, back)):
            if expected and site.lower() in _sites(locations):
                found.append(_directory(f"{site}/{name}", expected, locations, default))
    return tuple(found)


def _locations(root: XmlElement) -> dict[str, XmlElement]:
    """Locations by path, lower case; where one stands twice, what says something counts."""
    found: dict[str, XmlElement] = {}
    for element in root.children:
        if element.tag != "location":
            continue
        path = (element.get("path") or "").strip("/").lower()
        if path not in found or (_token(found[path]) is None and _token(element) is not None):
            found[path] = element
    return found


def _sites(locations: Mapping[str, XmlElement]) -> set[str]:
    return {path.split("/")[0] for path in locations}


def _token(element: XmlElement) -> str | None:
    protection = element.find(*_PROTECTION)
    return protection.get("tokenChecking") if protection else None


def _directory(
    path: str, expected: str, locations: Mapping[str, XmlElement], default: str | None
) -> VirtualDirectory:
    own = locations.get(path.lower())
    if own is None:
        why = "the server has no such directory"
        return VirtualDirectory(path, "", expected, secure=True, why=why)
    token, origin = _inherited(path.lower(), locations, default)
    found = token.capitalize() if token.lower() in _STRENGTH else token
    secure = _STRENGTH.get(token.lower(), 0) >= _STRENGTH[expected.lower()]
    why = "" if origin == path.lower() else origin
    if not secure and path.lower() == _BY_ADDRESS and _restricted(own):
        secure, why = True, "only listed addresses may reach it"
    elif not secure:
        why = f"{found} where {expected} is asked" + (f", {why}" if why else "")
    elif _STRENGTH.get(token.lower(), 0) > _STRENGTH[expected.lower()]:
        why = f"more than is asked ({expected}): clients may fail"
    return VirtualDirectory(path, found, expected, secure, why, own.line)


def _inherited(
    path: str, locations: Mapping[str, XmlElement], default: str | None
) -> tuple[str, str]:
    """The value that holds, and where it is from."""
    parts = path.split("/")
    for length in range(len(parts), 0, -1):
        above = "/".join(parts[:length])
        element = locations.get(above)
        if element is not None and (token := _token(element)):
            shown = (element.get("path") or above).strip("/")
            return token, above if above == path else f"inherited from {shown}"
    if default:
        return default, "inherited from the server"
    return "None", "not set anywhere"


def _restricted(element: XmlElement) -> bool:
    security = element.find(*_RESTRICTION)
    return security is not None and (security.get("allowUnlisted") or "").lower() == "false"


def _setting(directories: Sequence[VirtualDirectory], place: str) -> Setting:
    missing = [one for one in directories if not one.secure]
    if not missing:
        why = "Extended Protection is on as Microsoft asks on each virtual directory"
        return Setting("extended_protection", met=True, why=why, source=place)
    if not any(_STRENGTH.get(one.found.lower(), 0) for one in directories):
        why = "Extended Protection is off on every virtual directory"
    else:
        paths = ", ".join(one.path for one in missing)
        why = f"Extended Protection is less than asked on {paths}"
    return Setting("extended_protection", met=False, why=why, source=place, line=missing[0].line)


def _token_cache(root: XmlElement, place: str) -> tuple[Setting, ...]:
    """Whether IIS loads the module that CVE-2023-36434 is in; its version stands elsewhere."""
    modules = root.find("system.webServer", "globalModules")
    if modules is None:
        return ()
    loaded = next((one for one in modules.children if one.get("name") == _CACHE_MODULE), None)
    why = f"IIS loads {_CACHE_MODULE}; the version of cachtokn.dll was not read"
    if loaded is None:
        why = f"IIS does not load {_CACHE_MODULE}"
    met = None if loaded else True
    line = loaded.line if loaded else modules.line
    return (Setting("token_cache_module", met, why, place, line),)


def _pools(
    root: XmlElement, place: str, known: ExchangeKnowledge, modified: datetime | None
) -> tuple[Mitigation, ...]:
    """Application pools that ExchangeMitigations.ps1 stops, with `autoStart` off."""
    pools = root.find("system.applicationHost", "applicationPools")
    stopped = {
        one.get("name"): one.line
        for one in (pools.children if pools else ())
        if one.tag == "add" and (one.get("autoStart") or "").lower() == "false"
    }
    return tuple(
        Mitigation(
            measure.name,
            measure.title,
            measure.cves,
            active=True,
            why=f"application pool {measure.pool} does not start on its own",
            source=place,
            line=stopped[measure.pool],
            since=modified,
            since_from="file_time" if modified else "",
        )
        for measure in known.measures
        if measure.pool and measure.pool in stopped
    )
