"""Several sources of one setting: what decides goes first, contradictions are both shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from hevesy.exposure import examine
from hevesy.exposure.settled import settled
from hevesy.model import ExposureState, ServerEvidence, Setting

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

Make = Callable[..., ServerEvidence]


def setting(met: bool | None, source: str, name: str = "extended_protection") -> Setting:  # noqa: FBT001  # three states
    """A setting as a source says it."""
    return Setting(name, met, f"it is {met}", source, 7)


def test_what_decides_goes_before_what_does_not() -> None:
    """In any order."""
    open_one, known = setting(None, "a.xml"), setting(met=False, source="b.xml")

    for several in ([open_one, known], [known, open_one]):
        assert settled(several) == ({"extended_protection": known}, ())


def test_sources_that_contradict_each_other_decide_nothing(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Both are named, in the setting and among the conflicts, and what rests on it is unknown."""
    several = (setting(True, "a.config"), setting(False, "HealthChecker.xml"))  # noqa: FBT003  # as read
    found, conflicts = settled(several)

    assert found["extended_protection"].met is None
    assert conflicts == (
        "a.config:7 says that it is True, but HealthChecker.xml:7 says that it is False",
    )
    (server,) = examine(
        [make_server("15.1.2507.72", settings=several)], known, dt.date(2026, 11, 24)
    )
    assert conflicts[0] in server.conflicts
    state = {one.cve.id: one.state for one in server.exposures}
    assert state["CVE-2024-21410"] is ExposureState.UNKNOWN


@pytest.mark.parametrize(
    ("switch", "hosts", "met"),
    [
        (None, True, True),
        (None, False, False),
        (False, True, False),
        ("absent", True, None),
        ("absent", False, False),
        (None, "absent", None),
    ],
)
def test_download_domains_need_the_switch_and_host_names(
    switch: bool | str | None,  # noqa: FBT001  # three states
    hosts: bool | str | None,  # noqa: FBT001  # three states
    met: bool | None,  # noqa: FBT001  # three states
) -> None:
    """The organization's export has one, the OWA virtual directory's the other."""
    given = []
    if not isinstance(switch, str):
        given.append(setting(switch, "org.xml", "download_domains"))
    if not isinstance(hosts, str):
        given.append(setting(hosts, "owa.xml", "download_hosts"))

    found, _ = settled(given)
    assert found["download_domains"].met is met
    assert set(found) == {"download_domains"}
