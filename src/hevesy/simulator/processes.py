"""Processes that start, from one description: as Sysmon tells of them and as Security does."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from hevesy.simulator.event import Event
from hevesy.simulator.request import read_invented
from hevesy.simulator.scenario import parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["process_events"]


class _Process(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    image: str
    description: str
    product: str = "Microsoft® Windows® Operating System"
    company: str = "Microsoft Corporation"
    version: str = "10.0.14393.0 (rs1_release.160715-1616)"
    parent: str
    parent_command: str
    account: Literal["system", "user"] = "user"
    folder: str = "C:\\Windows\\system32\\"
    rhythm: str = "work"
    weight: float = 1.0
    commands: list[str]


class _Processes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    process: list[_Process]


class _Account(msgspec.Struct, frozen=True):
    sid: str
    name: str
    domain: str
    logon: str
    integrity: str
    label: str
    device: str


_ACCOUNTS = {
    "system": _Account(
        "S-1-5-18", "{server}$", "{netbios}", "0x3e7", "System", "S-1-16-16384", "server"
    ),
    "user": _Account(
        "{sid}", "{sam}", "{netbios}", "0x@logon@", "Medium", "S-1-16-8192", "outlook"
    ),
}


@lru_cache(maxsize=1)
def process_events() -> tuple[Event, ...]:
    """An event of each log for each command line of `processes.toml`."""
    name = "processes.toml"
    known: _Processes = parse_toml(read_invented(name), name, _Processes)
    return tuple(event for process in known.process for event in _events(process))


def _events(process: _Process) -> Iterator[Event]:
    account = _ACCOUNTS[process.account]
    weight = process.weight / len(process.commands)
    for command in process.commands:
        yield Event(
            channel="Microsoft-Windows-Sysmon/Operational",
            provider="Microsoft-Windows-Sysmon",
            id=1,
            title="Process Create",
            data=_sysmon(process, account, command),
            weight=weight,
            who=[account.device],
            rhythm=process.rhythm,
        )
        yield Event(
            channel="Security",
            provider="Microsoft-Windows-Security-Auditing",
            id=4688,
            title="A new process has been created.",
            data=_security(process, account, command),
            weight=weight,
            who=[account.device],
            rhythm=process.rhythm,
        )


def _sysmon(process: _Process, account: _Account, command: str) -> dict[str, str]:
    file = process.image.rpartition("\\")[2]
    user = "NT AUTHORITY\\SYSTEM" if process.account == "system" else "{user}"
    return {
        "RuleName": "-",
        "UtcTime": "@utc@",
        "ProcessGuid": "{{@guid@}}",
        "ProcessId": "@pid@",
        "Image": process.image,
        "FileVersion": process.version,
        "Description": process.description,
        "Product": process.product,
        "Company": process.company,
        "OriginalFileName": file,
        "CommandLine": command,
        "CurrentDirectory": process.folder,
        "User": user,
        "LogonGuid": "{{@id@}}",
        "LogonId": account.logon,
        "TerminalSessionId": "0" if process.account == "system" else "1",
        "IntegrityLevel": account.integrity,
        "Hashes": _hashes(process.image),
        "ParentProcessGuid": "{{@guid@}}",
        "ParentProcessId": "1284",
        "ParentImage": process.parent,
        "ParentCommandLine": process.parent_command,
        "ParentUser": user,
    }


def _security(process: _Process, account: _Account, command: str) -> dict[str, str]:
    return {
        "SubjectUserSid": account.sid,
        "SubjectUserName": account.name,
        "SubjectDomainName": account.domain,
        "SubjectLogonId": account.logon,
        "NewProcessId": "0x@hex@",
        "NewProcessName": process.image,
        "TokenElevationType": "%%1936",
        "ProcessId": "0x504",
        "CommandLine": command,
        "TargetUserSid": "S-1-0-0",
        "TargetUserName": "-",
        "TargetDomainName": "-",
        "TargetLogonId": "0x0",
        "ParentProcessName": process.parent,
        "MandatoryLabel": account.label,
    }


def _hashes(image: str) -> str:
    """Invented, and the same for the same image."""
    text = image.encode()
    md5 = hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    sha256 = hashlib.sha256(text).hexdigest().upper()
    imphash = hashlib.md5(text[::-1], usedforsecurity=False).hexdigest().upper()
    return f"MD5={md5},SHA256={sha256},IMPHASH={imphash}"
