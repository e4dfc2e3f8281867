"""ExchangeSetup.log: the runs of Setup and the builds that they show."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.setup_log import is_setup_log, read_setup_log

if TYPE_CHECKING:
    from pathlib import Path

_LOG = """\
[03/12/2021 18:07:22.0903] [0] **********************************************
[03/12/2021 18:07:22.0903] [0] Starting Microsoft Exchange Server 2016 Setup
[03/12/2021 18:07:22.0919] [0] Setup version: 15.1.2106.2.
[03/12/2021 18:07:37.0677] [0] The backup copy of the previously installed version is '15.1.1713.5'.
[03/12/2021 18:07:37.0692] [0] The installation mode is set to: 'BuildToBuildUpgrade'.
[03/12/2021 18:07:48.0144] [0] The locally installed version is 15.1.1713.5.
a continued line with Setup version: 1.2.3.4.
[03/12/2021 19:40:00.0000] [0] The Exchange Server setup operation completed successfully.
[04/01/2021 08:00:00.0000] [0] Starting Microsoft Exchange Server 2016 Setup
[04/01/2021 08:00:01.0000] [0] Setup version: 15.1.2242.4.
[04/01/2021 08:00:02.0000] [0] The locally installed version is 15.1.2106.2.
[04/01/2021 08:30:00.0000] [0] The Exchange Server setup operation didn't complete.  More details
"""

# Version of each of the 37 logs of SetupLogReviewer's tests, read from the logs by hand.
_VERSIONS = {
    "ExchangeSetup-PrepareSchema-8245.log": "15.1.2176.2",
    "ExchangeSetupWrongGroupType.log": "15.1.2044.4",
    "ExchangeSetup_ADServiceNotStarted.log": "15.2.1544.4",
    "ExchangeSetup_Arbitration_UPN.log": "15.0.1497.2",
    "ExchangeSetup_FIPS_AccessDenied.log": "15.1.2106.2",
    "ExchangeSetup_Failed_Mount_Database.log": "15.0.1497.2",
    "ExchangeSetup_Firewall_Endpoint.log": "15.0.1497.2",
    "ExchangeSetup_InstallFromBin.log": "15.1.2176.9",
    "ExchangeSetup_MissingDirectory.log": "15.0.1497.2",
    "ExchangeSetup_Missing_HomeMdb.log": "15.0.1497.2",
    "ExchangeSetup_Missing_PF_Object.log": "15.0.1497.2",
    "ExchangeSetup_Multi_EAS_Vdirs.log": "15.2.986.5",
    "ExchangeSetup_NoSuitableDC.log": "15.2.1544.4",
    "ExchangeSetup_Search_Foundation_Failure.log": "15.1.2106.2",
    "ExchangeSetup_Search_Foundation_Failure_Install.log": "15.2.922.7",
    "ExchangeSetup_ServiceControl_Reverse.log": "15.1.2507.6",
    "ExchangeSetup_Service_Disabled.log": "15.1.2106.2",
    "ExchangeSetupmsExchangeSecurityGroupsContainerDeleted.log": "15.1.2044.4",
    "ExchangeSetup_MSI_1.log": "15.0.1497.2",
    "ExchangeSetup_MSI_2.log": "15.0.1497.2",
    "ExchangeSetup_MSI_3.log": "15.0.1497.2",
    "ExchangeSetup_MSI_4.log": "15.1.2106.2",
    "ExchangeSetup_MSI_5.log": "15.1.2308.8",
    "ExchangeSetup_AccessDenied.log": "15.1.2176.2",
    "ExchangeSetup_InvalidWKObjectException.log": "15.1.2176.2",
    "ExchangeSetup_Vdir_1.log": "15.1.2106.2",
    "ExchangeSetup_Vdir_2.log": "15.1.2176.2",
    "ExchangeSetup_Vdir_3.log": "15.1.2106.2",
    "ExchangeSetup_DC_Site_1.log": "15.0.1497.2",
    "ExchangeSetup_DC_Site_2.log": "15.0.1497.2",
    "ExchangeSetup_ADUpdated_NoOrgMan.log": "15.2.792.3",
    "ExchangeSetup_AD_Prep_Reboot.log": "15.1.2106.2",
    "ExchangeSetup_DomainPrepRequired.log": "15.2.922.7",
    "ExchangeSetup_Fail_In_Child.log": "15.1.2106.2",
    "ExchangeSetup_NoPerm.log": "15.2.792.3",
    "ExchangeSetup_Reboot_Pending.log": "15.1.2106.2",
    "ExchangeSetup_SchemaAdmin_PrepareSchema.log": "15.2.792.3",
}


def test_each_run_is_told_with_its_times_and_its_end() -> None:
    """A log holds one run after the other; a failed one installed nothing."""
    (server,) = read_setup_log(_LOG.encode(), "ExchangeSetup.log", "EX01").servers
    first, second = server.runs

    assert (first.version, first.previous, first.installed) == (
        "15.1.2106.2",
        "15.1.1713.5",
        "15.1.1713.5",
    )
    assert (first.mode, first.succeeded, first.line) == ("BuildToBuildUpgrade", True, 2)
    assert first.started == datetime(2021, 3, 12, 18, 7, 22, 90300, UTC)
    assert first.ended == datetime(2021, 3, 12, 19, 40, tzinfo=UTC)
    assert (second.version, second.succeeded) == ("15.1.2242.4", False)


def test_builds_are_evidence_of_the_cumulative_update_at_that_time() -> None:
    """What was found, and what was installed once it succeeded; never what failed."""
    (server,) = read_setup_log(_LOG.encode(), "ExchangeSetup.log").servers

    assert [(one.build, one.grade, f"{one.first:%m-%d}") for one in server.builds] == [
        ("15.1.1713.5", "cu_only", "03-12"),
        ("15.1.2106.2", "cu_only", "03-12"),
        ("15.1.2106.2", "cu_only", "04-01"),
    ]


def test_a_log_without_a_run_is_named() -> None:
    """An empty or cut file is one sentence; a run that says no version too."""
    assert read_setup_log(b"", "a.log").problems == ("a.log: no run of Exchange Setup is in it",)
    cut = "\n".join(_LOG.splitlines()[:2])
    assert read_setup_log(cut.encode(), "a.log").problems == (
        "a.log:2: a run of Exchange Setup without a version",
    )
    assert is_setup_log(_LOG.encode())
    assert not is_setup_log(b"#Software: Microsoft Exchange Server\n")


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    """Dates that are none, lines of anything."""
    undated = _LOG.replace("03/12/2021", "13/45/2021").encode()
    for data in (undated + text.encode(), text.encode("utf-8", "surrogatepass")):
        reading = read_setup_log(data, "a.log")
        assert all(said.startswith("a.log") for said in reading.problems)


def test_all_setup_logs_of_microsofts_tests(corpora: Path) -> None:
    """Each of the 37 logs tells the version of the setup that wrote it, in each of its runs."""
    found = {}
    with zipfile.ZipFile(corpora / "exchange_configs_and_setup_logs.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".log"):
                (server,) = read_setup_log(archive.read(name), name).servers
                (version,) = {run.version for run in server.runs}
                assert all(run.started for run in server.runs)
                found[name.rsplit("/", 1)[-1]] = version

    assert found == _VERSIONS
