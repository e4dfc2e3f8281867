"""The builds of Exchange: names, places between neighbours, rows that are not followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hevesy.errors import ContentError
from hevesy.knowledge import BuildTable, load_exchange, parse_build, show_build
from hevesy.knowledge.exchange_builds import build_row, build_table

_ROW = {
    "product": "Exchange2016",
    "cu": "CU23",
    "update": "Sep26SU",
    "build": "15.1.2507.80",
    "released": "2026-09-08",
    "supported_until": "2025-10-14",
    "kb": "KB1234567",
    "cumulative": "yes",
    "name": "",
    "source": "test",
    "date": "2026-09-09",
    "standing": "stands",
    "note": "",
}


@pytest.fixture(scope="module")
def builds() -> BuildTable:
    """What ships with hevesy."""
    return load_exchange().builds


def title(builds: BuildTable, text: str) -> str:
    """What a build is called."""
    build = parse_build(text)
    assert build is not None
    return builds.place(build).title


@pytest.mark.parametrize(
    ("build", "name"),
    [
        ("15.1.2375.7", "Exchange Server 2016 CU22"),
        ("15.1.1713.5", "Exchange Server 2016 CU12"),
        ("15.1.2507.72", "Exchange Server 2016 CU23 Aug26SU"),
        ("15.2.2562.17", "Exchange Server SE RTM"),
        ("14.3.513.0", "Exchange Server 2010 SP3 RU32"),
        ("15.1.1466.10", "Exchange Server 2016 CU9 KB4340731"),
        (
            "15.1.2375.8",
            (
                "unknown build, between Exchange Server 2016 CU22 and "
                "Exchange Server 2016 CU22 Oct21SU"
            ),
        ),
        ("15.2.2562.99", "unknown build, newer than Exchange Server SE RTM Aug26SU"),
        ("14.0.1.0", "unknown build, older than Exchange Server 2010 RTM"),
        ("15.9.1.1", "unknown build"),
    ],
)
def test_builds_have_names(build: str, name: str, builds: BuildTable) -> None:
    """A known one is called by its update, an unknown one placed between its neighbours."""
    assert title(builds, build) == name


def test_all_rows_came_into_the_project(builds: BuildTable) -> None:
    """Nothing of the list was lost on the way; what contradicts is kept and not followed."""
    standings = [row.standing for row in builds.rows]

    assert len(standings) == 395
    assert standings.count("contradicted") == 3
    assert all(row.note for row in builds.rows if row.standing == "contradicted")
    for row in builds.rows:
        place = builds.place(row.build)
        if row.standing == "contradicted":
            assert place.contradicted is row
            assert place.known is None
        else:
            assert place.known is not None
            assert (place.product, place.cu) == (row.product, row.cu), show_build(row.build)


def test_the_newest_is_found(builds: BuildTable) -> None:
    """Of a product and of a cumulative update, without what a secondary list alone has."""
    cu = builds.newest_cumulative_update("Exchange2019")
    update = builds.newest_update("Exchange2016", "CU23")
    rtm = builds.cumulative_update("Exchange2019", "RTM")

    assert (cu and cu.cu, update and update.update) == ("CU15", "Aug26SU")
    assert rtm is not None
    assert show_build(rtm.build) == "15.2.221.12"
    assert builds.newest_cumulative_update("Exchange2007") is None
    assert str(builds.supported_until("Exchange2013")) == "2023-04-11"


def test_updates_of_march_2021_for_old_cus_are_marked(builds: BuildTable) -> None:
    """Those of the five cumulative updates that were served then hold the older fixes too."""
    march = [row for row in builds.rows if row.update == "Mar21SU"]
    served = {(row.product, row.cu) for row in march if row.cumulative}

    assert served == {
        ("Exchange2013", "CU23"),
        ("Exchange2016", "CU18"),
        ("Exchange2016", "CU19"),
        ("Exchange2019", "CU7"),
        ("Exchange2019", "CU8"),
    }
    assert all(row.cumulative for row in builds.rows if row.update != "Mar21SU")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("build", "15.1.x"),
        ("product", "Exchange2030"),
        ("cu", ""),
        ("released", "yesterday"),
        ("supported_until", ""),
        ("cumulative", "perhaps"),
        ("standing", "maybe"),
    ],
)
def test_a_mistake_in_the_table_is_told(column: str, value: str) -> None:
    """File, line and value."""
    with pytest.raises(ContentError, match=r"b\.csv:7: "):
        build_row(_ROW | {column: value}, Path("b.csv"), 7)


def test_one_update_has_one_build() -> None:
    """Two rows that both stand and disagree are no table."""
    row = build_row(_ROW, Path("b.csv"), 2)
    other = build_row(_ROW | {"build": "15.1.2507.81"}, Path("b.csv"), 3)

    with pytest.raises(ContentError, match=r"15\.1\.2507\.80 and 15\.1\.2507\.81"):
        build_table([row, other], Path("b.csv"))
