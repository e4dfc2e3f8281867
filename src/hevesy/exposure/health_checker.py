"""HealthChecker's output: build, installed updates, settings and protection of one server.

Format: `HealthChecker-<server>-<time>.xml` is CliXML (UTF-8, depth 2) of an object that holds
`HealthCheckerExchangeServer` (CSS-Exchange, Invoke-HealthCheckerMainReport.ps1 and
Get-HealthCheckerDataObject.ps1); the same as JSON has the same names. Where the export was cut at
its depth, an object is the text that PowerShell writes for it: `@{BuildVersion=15.1.2507.61; ...}`.
No output of a real run was read for this: it follows the scripts that write it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hevesy.errors import EvidenceError
from hevesy.exposure.clixml import LINE, TEXT, Plain, dig, is_clixml, read_clixml
from hevesy.exposure.health_settings import health_settings
from hevesy.exposure.inventory import decode_text
from hevesy.exposure.reading import Reading, short_name
from hevesy.exposure.settings import applied_mitigations
from hevesy.knowledge import parse_build, show_build
from hevesy.model import (
    BuildEvidence,
    InstalledUpdate,
    ServerEvidence,
    VirtualDirectory,
)

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import Mitigation

__all__ = ["is_health_checker", "read_health_checker"]

_MARKS = (b"HealthCheckerExchangeServer", b"HealthCheckerVersion")
_FILE_VERSION = re.compile(r"FileVersion[:=]\s*([\d.]+)")
_BUILD_VERSION = re.compile(r"BuildVersion=([\d.]+)")
_PACKAGE = re.compile(r"PackageName=([^;}]*)(?:; InstalledDate=([^;}]*))?")
_KB = re.compile(r"KB\d{6,8}")


def is_health_checker(head: bytes, path: str) -> bool:
    """Whether a file is HealthChecker's, by its name or by what stands in its beginning."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    if name.startswith("healthchecker-exchangedccoreratio"):
        return False
    named = name.startswith("healthchecker-") and name.endswith((".xml", ".json"))
    return named or any(mark in head.replace(b"\0", b"") for mark in _MARKS)


def read_health_checker(
    data: bytes, place: str, known: ExchangeKnowledge, server: str = ""
) -> Reading:
    """What one file of HealthChecker says of its server.

    Args:
        data: the file, CliXML or JSON.
        place: how a person finds it.
        known: the tables.
        server: whose collection it is, where the file names none.
    """
    try:
        values = read_clixml(data) if is_clixml(data) else _read_json(data)
    except EvidenceError as error:
        return Reading(problems=(f"{place}: cannot be read: {error}",))
    found, problems = [], []
    for value in values:
        root = dig(value, "HealthCheckerExchangeServer")
        root = root if isinstance(root, dict) else value
        one = _server(root, place, known, server)
        if one is None:
            line = dig(root, LINE)
            where = f"{place}:{line}" if isinstance(line, str) else place
            problems.append(f"{where}: no build is where HealthChecker writes it")
        else:
            found.append(one)
    if not values:
        problems.append(f"{place}: holds no object")
    return Reading(tuple(found), tuple(problems))


def _read_json(data: bytes) -> list[Plain]:
    try:
        value: Any = json.loads(decode_text(data).lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise EvidenceError(f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise EvidenceError("nested deeper than any real file") from error
    return value if isinstance(value, list) else [value]


def _server(
    root: Plain, place: str, known: ExchangeKnowledge, server: str
) -> ServerEvidence | None:
    exchange = dig(root, "ExchangeInformation")
    information = dig(exchange, "BuildInformation")
    build, text, line = _build(information if information is not None else exchange)
    if build is None:
        return None
    name = _text(dig(root, "ServerName")) or server
    exchange_server = dig(exchange, "GetExchangeServer")
    shown = show_build(build)
    evidence = BuildEvidence(shown, "su_exact", "healthchecker", place, line, text=text)
    directories = _directories(dig(exchange, "ExtendedProtectionConfig"))
    mitigations: tuple[Mitigation, ...] = ()
    if exchange_server is not None:
        mitigations = applied_mitigations(exchange_server, place, known)
    return ServerEvidence(
        name=short_name(name),
        builds=(evidence,),
        updates=_updates(dig(information, "KBsInstalledInfo"), information, place),
        settings=health_settings(root, build, directories, place, known),
        mitigations=mitigations,
        directories=directories,
        aliases=(name,) if "." in name else (),
    )


def _build(information: Plain) -> tuple[tuple[int, int, int, int] | None, str, int | None]:
    """The build, as ExSetup.exe has it, else as HealthChecker understood it."""
    line = _line(information)
    setup = dig(information, "ExchangeSetup")
    version = dig(information, "VersionInformation")
    candidates = [
        _text(dig(setup, "FileVersion")),
        _match(_FILE_VERSION, _text(setup)),
        _text(dig(version, "BuildVersion")),
        _match(_BUILD_VERSION, _text(version)),
        _match(_FILE_VERSION, _text(information)),
        _match(_BUILD_VERSION, _text(information)),
    ]
    for text in candidates:
        build = parse_build(text)
        if build:
            shown = show_build(build)
            return build, "" if text == shown else text, _line(setup) or line
    return None, "", line


def _updates(value: Plain, information: Plain, place: str) -> tuple[InstalledUpdate, ...] | None:
    """Installed updates; None where the export does not say, not even that there are none."""
    named = isinstance(information, dict) and any(
        key.lower() == "kbsinstalledinfo" for key in information
    )
    if not named:
        return None
    pairs = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and (name := _text(dig(one, "PackageName"))):
            pairs.append((name, _text(dig(one, "InstalledDate"))))
        else:
            pairs += _PACKAGE.findall(_text(one))
    return tuple(
        InstalledUpdate(match[0], name.strip(), place, date.strip())
        for name, date in pairs
        if (match := _KB.search(name))
    )


def _directories(config: Plain) -> tuple[VirtualDirectory, ...]:
    listed = dig(config, "ExtendedProtectionConfiguration")
    if not isinstance(listed, list):
        return ()
    found = []
    for one in listed:
        path, token = _text(dig(one, "VirtualDirectoryName")), _text(dig(one, "ExtendedProtection"))
        secure = dig(one, "ProperlySecuredConfiguration")
        if not path or not isinstance(secure, bool):
            return ()
        expected = _text(dig(one, "ExpectedExtendedConfiguration"))
        why = "" if secure else f"{token} where {expected} is asked"
        found.append(VirtualDirectory(path, token, expected, secure, why, _line(one)))
    return tuple(found)


def _text(value: Plain) -> str:
    if isinstance(value, dict):
        value = value.get(TEXT)
    return str(value) if isinstance(value, str) else ""


def _match(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _line(value: Plain) -> int | None:
    text = value.get(LINE) if isinstance(value, dict) else None
    return int(text) if isinstance(text, str) else None
