"""HealthChecker's output. No real output was at hand: these are made after its scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hevesy.exposure.health_checker import is_health_checker, read_health_checker

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

_WHOLE = {
    "HealthCheckerExchangeServer": {
        "HealthCheckerVersion": "26.04.02.1717",
        "ServerName": "ex01.example.org",
        "OrganizationInformation": {"GetOrganizationConfig": {"EnableDownloadDomains": True}},
        "ExchangeInformation": {
            "GetExchangeServer": {"MitigationsApplied": ["M1"], "MitigationsBlocked": []},
            "BuildInformation": {
                "CU": "CU12",
                "ExchangeSetup": {"FileVersion": "15.02.1118.036"},
                "VersionInformation": {"BuildVersion": "15.2.1118.36"},
                "KBsInstalledInfo": [
                    {
                        "PackageName": "Security Update for Exchange Server 2019 Cumulative "
                        "Update 12 (KB5029388)",
                        "InstalledDate": "8/9/2023",
                    }
                ],
            },
            "SettingOverrides": {
                "SimpleSettingOverrides": [
                    {
                        "ComponentName": "Data",
                        "SectionName": "EnableSerializationDataSigning",
                        "Parameters": ["Enabled=False"],
                    }
                ]
            },
            "ExtendedProtectionConfig": {
                "ExtendedProtectionConfiguration": [
                    {
                        "VirtualDirectoryName": "Default Web Site/OWA",
                        "ExtendedProtection": "None",
                        "ExpectedExtendedConfiguration": "Require",
                        "ProperlySecuredConfiguration": False,
                    }
                ]
            },
        },
    }
}

# What depth 2 leaves: what lies deeper is the text that PowerShell writes for an object.
_CUT = """<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>
    <Obj N="HealthCheckerExchangeServer" RefId="1"><TNRef RefId="0" /><MS>
      <S N="HealthCheckerVersion">26.04.02.1717</S>
      <S N="ServerName">EX02</S>
      <Obj N="ExchangeInformation" RefId="2"><TNRef RefId="0" /><MS>
        <S N="BuildInformation">@{ServerRole=Mailbox; MajorVersion=Exchange2016; CU=CU23; \
ExchangeSetup=File:             C:\\Exchange\\bin\\ExSetup.exe_x000D__x000A_\
FileVersion:      15.01.2507.061_x000D__x000A_; VersionInformation=}</S>
      </MS></Obj>
    </MS></Obj>
  </MS></Obj>
</Objs>"""


def test_the_whole_of_it_as_json(known: ExchangeKnowledge) -> None:
    """Build, updates, settings, protection and mitigations, each from where it is written."""
    data = json.dumps(_WHOLE).encode()
    reading = read_health_checker(data, "HealthChecker-ex01-1.json", known)

    (server,) = reading.servers
    (build,) = server.builds
    assert (server.name, server.aliases) == ("EX01", ("ex01.example.org",))
    assert (build.build, build.grade, build.origin) == ("15.2.1118.36", "su_exact", "healthchecker")
    assert server.updates is not None
    assert [(one.kb, one.installed) for one in server.updates] == [("KB5029388", "8/9/2023")]
    settings = {one.name: one.met for one in server.settings}
    assert settings["serialized_data_signing"] is False
    assert settings["download_domains"] is None
    assert settings["extended_protection"] is False
    assert [one.cves for one in server.mitigations] == [("CVE-2022-41040",)]
    assert not server.directories[0].secure


def test_what_was_cut_at_its_depth(known: ExchangeKnowledge) -> None:
    """The build stands in a text; what does not stand there is not known."""
    reading = read_health_checker(_CUT.encode(), "HealthChecker-EX02-1.xml", known)

    (server,) = reading.servers
    assert (server.name, server.builds[0].build) == ("EX02", "15.1.2507.61")
    assert server.updates is None
    assert server.settings == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_CUT.encode()[:-40], "cannot be read: line "),
        (b'{"HealthCheckerExchangeServer": {', "cannot be read: line 1"),
        (b'{"HealthCheckerExchangeServer": {"ServerName": "A"}}', "no build is where"),
        (b"[]", "holds no object"),
        (b"", "cannot be read: line 1"),
    ],
)
def test_a_file_cut_short_is_one_sentence(
    data: bytes, words: str, known: ExchangeKnowledge
) -> None:
    """File and line; the other servers are judged all the same."""
    reading = read_health_checker(data, "h.xml", known)

    assert not reading.servers
    assert len(reading.problems) == 1
    assert reading.problems[0].startswith("h.xml")
    assert words in reading.problems[0]


def test_it_is_recognised_by_name_or_content() -> None:
    """A renamed file is known by what stands in it; the ratio report is another one."""
    assert is_health_checker(b"", "x/HealthChecker-EX01-20260101.xml")
    assert is_health_checker(_CUT.encode(), "renamed.xml")
    assert is_health_checker(_CUT.encode("utf-16"), "renamed.xml")
    assert not is_health_checker(b"<Objs>", "HealthChecker-ExchangeDCCoreRatio-1.xml")
    assert not is_health_checker(b"<Objs>", "other.xml")
