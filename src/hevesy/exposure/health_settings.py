"""Settings that HealthChecker's object tells, each from where its scripts write it.

Names of properties: CSS-Exchange, Diagnostics/HealthChecker: DataCollection (organization, registry
values, IIS settings), and Analyzer/Security, which says what each value means. The export is cut at
depth 2: an object that lies deeper is a text, `@{SuppressExtendedProtection=0; ReleaseId=1809}`,
whose simple values are read; what is not even there is not told, and no setting is made of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hevesy.exposure.clixml import TEXT, dig
from hevesy.exposure.settings import (
    SIGNING,
    is_accepted,
    override_settings,
    suppressed_setting,
    windows_setting,
)
from hevesy.model import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.exposure.clixml import Plain
    from hevesy.knowledge import Build, ExchangeKnowledge
    from hevesy.model import VirtualDirectory

__all__ = ["download_hosts", "health_settings", "pick", "truth"]

_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
"""Application id of Exchange Online, the same in every organization."""
_DEDICATED = ("Global", "ExchangeOnpremAsThirdPartyAppId")
_WITH_OVERRIDES = (15, 1)
"""From Exchange 2016 on, settings are overridden in Active Directory; before, in the registry."""
_LATE_WINDOWS = (10, 0, 26100)
"""Windows Server 2025, whose token cache module was never affected."""
_FIP_FS = "configuration.xml"
_HIDDEN = (
    "whether the keyCredentials of the shared service principal were removed shows in Entra ID"
)


def health_settings(
    root: Plain,
    build: Build,
    directories: Sequence[VirtualDirectory],
    place: str,
    known: ExchangeKnowledge,
) -> tuple[Setting, ...]:
    """What one server's object says of the conditions of fixes, and of AMSI.

    Args:
        root: HealthCheckerExchangeServer.
        build: of the server.
        directories: with their Extended Protection, where the object lists them.
        place: how a person finds the file.
        known: the tables.
    """
    exchange, organization = dig(root, "ExchangeInformation"), dig(root, "OrganizationInformation")
    overrides = _overrides(exchange, organization)
    values = dig(root, "OSInformation", "RegistryValues")
    found = [
        _protection(exchange, directories, place),
        suppressed_setting(_number(pick(values, "SuppressExtendedProtection")), place),
        _downloads(exchange, organization, place),
        _schema(organization, place),
        _domains(organization, place),
        _hybrid(organization, place),
        _token_cache(exchange, place, known),
        _text_extraction(exchange, place),
        _windows(values, place),
    ]
    settings = [one for one in found if one]
    if build[:2] < _WITH_OVERRIDES:
        settings += _signing_in_registry(exchange, place)
    elif overrides is not None:
        settings += override_settings(overrides, place, known)
    return tuple(settings)


def pick(value: Plain, *path: str) -> Any:  # noqa: ANN401  # any JSON or CliXML value
    """The value at a path, also where the export was cut and an object is PowerShell's text."""
    for name in path:
        inner = dig(value, name) if isinstance(value, dict) else None
        if inner is None:
            text = value.get(TEXT) if isinstance(value, dict) else value
            pattern = rf"(?:^@\{{|; ){re.escape(name)}=([^;}}]*)"
            match = re.search(pattern, text) if isinstance(text, str) else None
            inner = match[1] if match and match[1] else None
        value = inner
    return value


def truth(value: object) -> bool | None:
    """Whether a value says yes or no; None where it says neither."""
    words = {"true": True, "false": False}
    return words.get(str(value).strip().lower())


def download_hosts(directory: Plain) -> str:
    """What is wrong with the Download host names of an OWA virtual directory; empty: nothing."""
    own = {_host(pick(directory, name)) for name in ("ExternalUrl", "InternalUrl")} - {""}
    for name in ("ExternalDownloadHostName", "InternalDownloadHostName"):
        host = _said(pick(directory, name)).lower()
        if not host:
            return f"the OWA virtual directory has no {name}"
        if host in own:
            return f"{name} of the OWA virtual directory is that of OWA itself"
    return ""


def _host(value: object) -> str:
    return (urlsplit(_said(value)).hostname or "").lower()


def _said(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("AbsoluteUri") or value.get(TEXT)
    return value.strip() if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isdecimal() and not isinstance(value, bool) else None


def _list(value: Any) -> list[Any] | None:  # noqa: ANN401  # any JSON or CliXML value
    """Objects of a list, one object as a list; None where they were cut to a text."""
    several = value if isinstance(value, list) else [value] if isinstance(value, dict) else None
    if several is None or not all(isinstance(one, dict) and len(one) > 1 for one in several):
        return None
    return several


def _overrides(exchange: Plain, organization: Plain) -> list[Any] | None:
    """The server's own list, else that of Active Directory; None where neither was read."""
    own = _list(dig(exchange, "SettingOverrides", "SimpleSettingOverrides"))
    if own:
        return own
    shared = dig(organization, "GetSettingOverride")
    return _list(shared) if shared is not None else own


def _protection(
    exchange: Plain, directories: Sequence[VirtualDirectory], place: str
) -> Setting | None:
    name = "extended_protection"
    missing = ", ".join(one.path for one in directories if not one.secure)
    if directories:
        why = "Extended Protection is on as Microsoft asks on each virtual directory"
        if missing:
            why = f"Extended Protection is less than asked on {missing}"
        return Setting(name, met=not missing, why=why, source=place)
    configured = truth(pick(exchange, "ExtendedProtectionConfig", "ExtendedProtectionConfigured"))
    if configured is False:
        why = "Extended Protection is configured on no virtual directory"
        return Setting(name, met=False, why=why, source=place)
    if configured:
        why = "Extended Protection is configured; on which virtual directories was cut off"
        return Setting(name, met=None, why=why, source=place)
    return None


def _downloads(exchange: Plain, organization: Plain, place: str) -> Setting | None:
    enabled = truth(pick(organization, "EnableDownloadDomains"))
    if enabled is None:
        enabled = truth(pick(organization, "GetOrganizationConfig", "EnableDownloadDomains"))
    if enabled is None:
        return None
    name, why = "download_domains", "EnableDownloadDomains is off"
    if not enabled:
        return Setting(name, met=False, why=why, source=place)
    sites = _list(pick(exchange, "VirtualDirectories", "GetOwaVirtualDirectory"))
    front = [one for one in sites or () if "Default Web Site" in _said(pick(one, "Name"))]
    if not front:
        why = "EnableDownloadDomains is on; the Download host names of OWA were not read"
        return Setting(name, met=None, why=why, source=place)
    wrong = next((fault for one in front if (fault := download_hosts(one))), "")
    why = f"EnableDownloadDomains is on{', but ' if wrong else ''}{wrong}"
    return Setting(name, met=not wrong, why=why, source=place)


def _schema(organization: Plain, place: str) -> Setting | None:
    result = pick(organization, "SecurityResults", "CVE202134470")
    vulnerable = truth(pick(result, "IsVulnerable"))
    if vulnerable is None or truth(pick(result, "Unknown")):
        return None
    word = "has" if vulnerable else "does not have"
    why = f"possSuperiors of ms-Exch-Storage-Group {word} computer"
    return Setting("schema_prepared", met=not vulnerable, why=why, source=place)


def _domains(organization: Plain, place: str) -> Setting | None:
    results = _list(pick(organization, "SecurityResults", "CVE202221978"))
    if not results:
        return None
    name = "domains_prepared"
    failed = [
        _said(pick(one, "DomainName"))
        for one in results
        if truth(pick(one, "DomainPassed")) is False and not truth(pick(one, "UnknownDomain"))
    ]
    if failed:
        why = f"not prepared: {', '.join(failed)}"
        return Setting(name, met=False, why=why, source=place)
    if any(truth(pick(one, "UnknownDomain")) for one in results):
        why = "HealthChecker could not read the permissions of each domain"
        return Setting(name, met=None, why=why, source=place)
    return Setting(name, met=True, why="each domain is prepared", source=place)


def _hybrid(organization: Plain, place: str) -> Setting | None:
    """Without hybrid there is nothing to do; with it, the dedicated application is needed."""
    if not isinstance(organization, dict) or "GetHybridConfiguration" not in organization:
        return None
    name = "hybrid_application"
    trusts = _trusts(organization)
    if organization["GetHybridConfiguration"] in (None, "", []) and not trusts:
        if trusts is None:
            why = "no hybrid configuration; a trust with Exchange Online may be there, unread"
            return Setting(name, met=None, why=why, source=place)
        why = "the organization is not hybrid"
        return Setting(name, met=True, why=why, source=place)
    shared = organization.get("GetSettingOverride")
    overrides = _list(shared) if shared is not None else []
    if overrides is None:
        why = "the organization is hybrid; its setting overrides were not read"
        return Setting(name, met=None, why=why, source=place)
    dedicated = [one for one in overrides if _names(one) == _DEDICATED and is_accepted(one)]
    if not dedicated:
        why = "the organization is hybrid, and the dedicated application is not configured"
        return Setting(name, met=False, why=why, source=place)
    why = f"the dedicated hybrid application is configured; {_HIDDEN}"
    return Setting(name, met=None, why=why, source=place)


def _names(override: Plain) -> tuple[str, str]:
    return _said(pick(override, "ComponentName")), _said(pick(override, "SectionName"))


def _trusts(organization: Plain) -> bool | None:
    """Whether Exchange Online is trusted (OAuth); None where that was cut off."""
    servers, partners = (
        dig(organization, "GetAuthServer"),
        dig(organization, "GetPartnerApplication"),
    )
    if not servers or not partners:
        return False
    known_servers, known_partners = _list(servers), _list(partners)
    if known_servers is None or known_partners is None:
        return None
    issuer = any(
        _said(pick(one, "Type")) in {"AzureAD", "MicrosoftACS"} and truth(pick(one, "Enabled"))
        for one in known_servers
    )
    online = any(
        _said(pick(one, "ApplicationIdentifier")) == _ONLINE and truth(pick(one, "Enabled"))
        for one in known_partners
    )
    return issuer and online


def _token_cache(exchange: Plain, place: str, known: ExchangeKnowledge) -> Setting | None:
    name = "token_cache_module"
    modules = _list(pick(exchange, "IISSettings", "IISModulesInformation", "ModuleList"))
    if modules and all(_said(pick(one, "Name")) != "TokenCacheModule" for one in modules):
        why = "IIS does not load TokenCacheModule"
        return Setting(name, met=True, why=why, source=place)
    text = _said(pick(exchange, "IISSettings", "IISTokenCacheModuleInformation", "ProductVersion"))
    parts = tuple(int(part) for part in text.split(".") if part.isdecimal())
    if len(parts) < len(_LATE_WINDOWS) + 1:
        return None
    fixed = next((v for v in known.conditions[name].versions if v[:3] == parts[:3]), None)
    if fixed is None and parts[:3] < _LATE_WINDOWS:
        why = f"cachtokn.dll is {text}, of a version of Windows that no table knows"
        return Setting(name, met=None, why=why, source=place)
    met = fixed is None or parts >= fixed
    why = f"cachtokn.dll is {text}, {'fixed' if met else 'older than the fixed one'}"
    return Setting(name, met=met, why=why, source=place)


def _text_extraction(exchange: Plain, place: str) -> Setting | None:
    files = dig(exchange, "FileContentInformation")
    if not isinstance(files, dict):
        return None
    for path, file in files.items():
        content = pick(file, "Content") if isinstance(file, dict) else None
        if path.lower().endswith(_FIP_FS) and content:
            overridden = "|NO" in str(content)
            word = "has" if overridden else "has no"
            why = f"the FIP-FS configuration {word} entry with |NO"
            name = "no_text_extraction_override"
            return Setting(name, met=not overridden, why=why, source=place)
    return None


def _windows(values: Plain, place: str) -> Setting | None:
    build = _number(pick(values, "CurrentBuild"))
    update = _number(pick(values, "CurrentVersionUbr"))
    off = _number(pick(values, "LanManServerDisabledCompression"))
    return windows_setting(build, update, place, compression_off=bool(off))


def _signing_in_registry(exchange: Plain, place: str) -> list[Setting]:
    """Exchange 2013 asks a registry value, and does not sign without it."""
    values = dig(exchange, "RegistryValues")
    if values is None:
        return []
    on = _number(pick(values, "SerializedDataSigning")) == 1
    why = f"the registry value EnableSerializationDataSigning is {'1' if on else 'not 1'}"
    return [Setting(SIGNING, met=on, why=why, source=place)]
