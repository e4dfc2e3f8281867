"""HealthChecker's settings: whole objects, and the texts that a cut export leaves of them.

No output of a real run was at hand: these are made after the scripts that write it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.health_checker import read_health_checker
from hevesy.exposure.health_settings import pick, truth
from hevesy.exposure.settled import settled
from hevesy.knowledge import load_exchange

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import Setting

_ONLINE = "00000002-0000-0ff1-ce00-000000000000"


def settings(
    known: ExchangeKnowledge,
    organization: dict[str, Any] | None = None,
    exchange: dict[str, Any] | None = None,
    system: object = None,
    build: str = "15.2.1544.11",
) -> dict[str, Setting]:
    """Settings of an export with these parts."""
    root = {
        "ServerName": "EX01",
        "OrganizationInformation": organization or {},
        "OSInformation": system or {},
        "ExchangeInformation": {"BuildInformation": {"ExchangeSetup": {"FileVersion": build}}}
        | (exchange or {}),
    }
    data = json.dumps({"HealthCheckerExchangeServer": root}).encode()
    (server,) = read_health_checker(data, "hc.json", known).servers
    return {one.name: one for one in server.settings}


def override(component: str, section: str, parameter: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    """A setting override, as both lists have it."""
    names = {"ComponentName": component, "SectionName": section, "Parameters": [parameter]}
    return {"Name": "x"} | names | more


def test_values_are_found_in_the_text_of_a_cut_object() -> None:
    """PowerShell's text of an object has its simple values; others are empty there."""
    text = "@{SuppressExtendedProtection=1; LmCompatibilityLevel=5; Deep=; CurrentBuild=18362}"

    assert pick({"RegistryValues": text}, "RegistryValues", "CurrentBuild") == "18362"
    assert (
        pick({"RegistryValues": {"#text": text}}, "RegistryValues", "LmCompatibilityLevel") == "5"
    )
    assert pick({"RegistryValues": text}, "RegistryValues", "Deep") is None
    assert pick({"RegistryValues": text}, "RegistryValues", "Build") is None
    assert (truth(False), truth("True"), truth("Unknown")) == (False, True, None)  # noqa: FBT003  # as read


@pytest.mark.parametrize(
    "values",
    [{"SuppressExtendedProtection": 1}, "@{SuppressExtendedProtection=1; LmCompatibilityLevel=3}"],
)
def test_a_registry_value_turns_extended_protection_off(
    values: object, known: ExchangeKnowledge
) -> None:
    """Whatever the virtual directories say, as HealthChecker judges it."""
    directory = {
        "VirtualDirectoryName": "Default Web Site/OWA",
        "ExtendedProtection": "Require",
        "ExpectedExtendedConfiguration": "Require",
        "ProperlySecuredConfiguration": True,
    }
    config = {"ExtendedProtectionConfig": {"ExtendedProtectionConfiguration": [directory]}}
    found = settings(known, exchange=config, system={"RegistryValues": values})

    assert found["extended_protection"].met is True
    (protection,) = (
        one for one in settled(tuple(found.values()))[0].values() if "xtended" in one.why
    )
    assert (protection.name, protection.met) == ("extended_protection", False)
    assert "SuppressExtendedProtection" in protection.why
    zero = settings(
        known, exchange=config, system={"RegistryValues": "@{SuppressExtendedProtection=0}"}
    )
    assert settled(tuple(zero.values()))[0]["extended_protection"].met is True


@pytest.mark.parametrize(("word", "met"), [("False", False), ("True", None)])
def test_extended_protection_of_a_cut_export(
    word: str,
    met: bool | None,  # noqa: FBT001  # three states
    known: ExchangeKnowledge,
) -> None:
    """That it is nowhere is told; that it is everywhere is not."""
    text = f"@{{SupportedVersionForExtendedProtection=True; ExtendedProtectionConfigured={word}}}"
    found = settings(known, exchange={"ExtendedProtectionConfig": text})

    assert found["extended_protection"].met is met


def test_overrides_of_the_server_go_before_those_of_the_directory(known: ExchangeKnowledge) -> None:
    """AMSI and signing are on unless an accepted override says otherwise."""
    off = override("Cafe", "HttpRequestFiltering", "Enabled=False", Status="Accepted")
    found = settings(known, exchange={"SettingOverrides": {"SimpleSettingOverrides": [off]}})
    assert found["amsi"].met is False
    assert found["serialized_data_signing"].met is True
    rejected = off | {"Status": "Invalid"}
    found = settings(known, exchange={"SettingOverrides": {"SimpleSettingOverrides": [rejected]}})
    assert found["amsi"].met is True
    body = override("Cafe", "AmsiRequestBodyScanning", "EnabledAll=False")
    found = settings(known, {"GetSettingOverride": [body]})
    assert (found["amsi"].met, found["amsi_bodies"].met) == (True, False)


@pytest.mark.parametrize("unread", ["Unknown", "System.Object[]"])
def test_overrides_that_were_cut_say_nothing(unread: str, known: ExchangeKnowledge) -> None:
    """Neither that there are some nor that there are none."""
    assert "amsi" not in settings(known, {"GetSettingOverride": unread})
    assert "amsi" not in settings(known)
    empty: dict[str, Any] = {"SettingOverrides": {"SimpleSettingOverrides": []}}
    assert settings(known, exchange=empty)["amsi"].met is True


@pytest.mark.parametrize(("value", "met"), [(1, True), (0, False), (None, False)])
def test_exchange_2013_signs_by_a_registry_value(
    value: int | None,
    met: bool,  # noqa: FBT001  # a case
    known: ExchangeKnowledge,
) -> None:
    """Setting overrides are not followed there."""
    found = settings(
        known, exchange={"RegistryValues": {"SerializedDataSigning": value}}, build="15.0.1497.48"
    )

    assert found["serialized_data_signing"].met is met


def owa(external: str, internal: str = "dl.example.org") -> dict[str, Any]:
    """The OWA virtual directory with Download host names."""
    return {
        "Name": "owa (Default Web Site)",
        "ExternalUrl": "https://mail.example.org/owa",
        "InternalUrl": {"AbsoluteUri": "https://in.example.org/owa"},
        "ExternalDownloadHostName": external,
        "InternalDownloadHostName": internal,
    }


@pytest.mark.parametrize(
    ("enabled", "directory", "met"),
    [
        (False, None, False),
        ("Unknown", None, "absent"),
        (True, None, None),
        (True, owa("dl.example.org"), True),
        (True, owa(""), False),
        (True, owa("MAIL.example.org"), False),
        (True, owa("dl.example.org", "in.example.org"), False),
    ],
)
def test_download_domains(
    enabled: object, directory: object, met: object, known: ExchangeKnowledge
) -> None:
    """On, and with host names that are not OWA's own."""
    exchange = {"VirtualDirectories": {"GetOwaVirtualDirectory": directory}}
    found = settings(known, {"EnableDownloadDomains": enabled}, exchange)

    assert (found["download_domains"].met if "download_domains" in found else "absent") is met


@pytest.mark.parametrize(
    ("result", "met"),
    [
        ({"Unknown": False, "IsVulnerable": True}, False),
        ({"Unknown": False, "IsVulnerable": False}, True),
        ({"Unknown": True, "IsVulnerable": "Unknown"}, "absent"),
        ("@{Unknown=False; IsVulnerable=False}", True),
        (None, "absent"),
    ],
)
def test_the_schema(result: object, met: object, known: ExchangeKnowledge) -> None:
    """As HealthChecker found it in Active Directory."""
    found = settings(known, {"SecurityResults": {"CVE202134470": result}})

    assert (found["schema_prepared"].met if "schema_prepared" in found else "absent") is met


def test_each_domain_has_to_be_prepared(known: ExchangeKnowledge) -> None:
    """One that failed is named; one that could not be read leaves it open."""
    good = {"DomainName": "a.example", "DomainPassed": True, "UnknownDomain": False}
    bad = {"DomainName": "b.example", "DomainPassed": False, "UnknownDomain": False}
    unread = {"DomainName": "c.example", "DomainPassed": False, "UnknownDomain": True}

    def prepared(*several: dict[str, Any]) -> Setting:
        found = settings(known, {"SecurityResults": {"CVE202221978": list(several)}})
        return found["domains_prepared"]

    assert prepared(good).met is True
    assert prepared(good, unread).met is None
    assert (prepared(bad, good).met, prepared(bad).why) == (False, "not prepared: b.example")


_TRUST = {
    "GetAuthServer": [{"Type": "AzureAD", "Enabled": True}],
    "GetPartnerApplication": [{"ApplicationIdentifier": _ONLINE, "Enabled": True}],
}
_APP = override("Global", "ExchangeOnpremAsThirdPartyAppId", "Enabled=true")


@pytest.mark.parametrize(
    ("organization", "met"),
    [
        ({"GetHybridConfiguration": None}, True),
        ({"GetHybridConfiguration": None} | _TRUST, False),
        (
            {"GetHybridConfiguration": None, "GetAuthServer": "x", "GetPartnerApplication": "y"},
            None,
        ),
        ({"GetHybridConfiguration": {"Domains": ["x"], "Features": []}}, False),
        ({"GetHybridConfiguration": "Hybrid Configuration", "GetSettingOverride": [_APP]}, None),
        ({"GetHybridConfiguration": "Hybrid Configuration", "GetSettingOverride": "Unknown"}, None),
    ],
)
def test_the_hybrid_application(
    organization: dict[str, Any],
    met: bool | None,  # noqa: FBT001  # three states
    known: ExchangeKnowledge,
) -> None:
    """Not hybrid: nothing to do; hybrid without it: open; with it, one thing is left to look at."""
    assert settings(known, organization)["hybrid_application"].met is met
    assert "hybrid_application" not in settings(known, {})


@pytest.mark.parametrize(
    ("settings_of_iis", "met"),
    [
        ({"IISModulesInformation": {"ModuleList": [{"Name": "UriCacheModule", "X": 1}]}}, True),
        ({"IISTokenCacheModuleInformation": {"ProductVersion": "10.0.17763.4968"}}, True),
        ({"IISTokenCacheModuleInformation": {"ProductVersion": "10.0.17763.4000"}}, False),
        ({"IISTokenCacheModuleInformation": {"ProductVersion": "10.0.26100.1"}}, True),
        ({"IISTokenCacheModuleInformation": {"ProductVersion": "10.0.19041.1"}}, None),
    ],
)
def test_the_token_cache_module(
    settings_of_iis: object,
    met: bool | None,  # noqa: FBT001  # three states
    known: ExchangeKnowledge,
) -> None:
    """Compared per version of Windows."""
    assert (
        settings(known, exchange={"IISSettings": settings_of_iis})["token_cache_module"].met is met
    )


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("@{CurrentBuild=17763; CurrentVersionUbr=1}", True),
        ("@{CurrentBuild=18363; CurrentVersionUbr=719; LanManServerDisabledCompression=0}", False),
        ("@{CurrentBuild=18363; CurrentVersionUbr=719; LanManServerDisabledCompression=1}", True),
        ("@{CurrentBuild=18363; CurrentVersionUbr=720}", True),
    ],
)
def test_the_update_of_windows(
    text: str,
    met: bool,  # noqa: FBT001  # a case
    known: ExchangeKnowledge,
) -> None:
    """Two versions of Windows were affected; compression that is off stands in for the update."""
    found = settings(known, system={"RegistryValues": text})

    assert found["windows_smb_update"].met is met


@pytest.mark.parametrize(("content", "met"), [("<a>|YES</a>", True), ("<a>.docx|NO</a>", False)])
def test_the_text_extraction_of_fip_fs(
    content: str,
    met: bool,  # noqa: FBT001  # a case
    known: ExchangeKnowledge,
) -> None:
    """An entry with |NO turns the fix off."""
    files = {
        "C:\\Exchange\\FIP-FS\\Data\\Configuration.xml": {"Present": True, "Content": [content]}
    }
    found = settings(known, exchange={"FileContentInformation": files})

    assert found["no_text_extraction_override"].met is met


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 20_000)
    | st.sampled_from(
        ["", "True", "Unknown", "@{IsVulnerable=True; Enabled=}", "10.0.17763.1", "{M1}"]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Name",
                    "Enabled",
                    "Type",
                    "Status",
                    "Parameters",
                    "ComponentName",
                    "SectionName",
                    "SimpleSettingOverrides",
                    "ExtendedProtectionConfiguration",
                    "VirtualDirectoryName",
                    "ProperlySecuredConfiguration",
                    "IsVulnerable",
                    "CVE202134470",
                    "CVE202221978",
                    "DomainPassed",
                    "GetOwaVirtualDirectory",
                    "ExternalUrl",
                    "ProductVersion",
                    "ModuleList",
                    "Content",
                    "C:\\Configuration.xml",
                    "FileVersion",
                    "PackageName",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_ORGANIZATION = st.dictionaries(
    st.sampled_from(
        [
            "EnableDownloadDomains",
            "GetOrganizationConfig",
            "GetHybridConfiguration",
            "GetAuthServer",
            "GetPartnerApplication",
            "GetSettingOverride",
            "SecurityResults",
        ]
    ),
    _VALUES,
)
_EXCHANGE = st.dictionaries(
    st.sampled_from(
        [
            "SettingOverrides",
            "ExtendedProtectionConfig",
            "VirtualDirectories",
            "IISSettings",
            "FileContentInformation",
            "RegistryValues",
            "GetExchangeServer",
        ]
    ),
    _VALUES,
)


@given(_ORGANIZATION, _EXCHANGE, st.dictionaries(st.just("RegistryValues"), _VALUES))
def test_no_value_raises(
    organization: dict[str, Any], exchange: dict[str, Any], system: dict[str, Any]
) -> None:
    """Whatever stands where something else should: a setting is read, or it is not."""
    found = settings(_tables(), organization, exchange, system)

    assert all(one.met in {True, False, None} and one.why for one in found.values())


@cache
def _tables() -> ExchangeKnowledge:
    return load_exchange()
