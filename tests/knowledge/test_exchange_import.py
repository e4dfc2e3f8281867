"""Newer tables are kept for the user, never in the package, and take the place of older ones."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.errors import ContentError
from hevesy.knowledge import (
    import_builds,
    import_kev,
    load_exchange,
    parse_build,
    table_ages,
    user_folder,
)
from hevesy.knowledge.loading import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 24)


def catalogue(*entries: dict[str, str], date: str = "2026-10-01") -> dict[str, Any]:
    """A KEV catalogue of these entries."""
    whole = {
        "vendorProject": "Microsoft",
        "product": "Exchange Server",
        "vulnerabilityName": "A name",
        "dateAdded": "2026-09-20",
        "dueDate": "2026-10-11",
        "knownRansomwareCampaignUse": "Known",
    }
    return {
        "catalogVersion": date.replace("-", "."),
        "dateReleased": f"{date}T12:00:00.000Z",
        "vulnerabilities": [whole | entry for entry in entries],
    }


def write(path: Path, value: object) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_newer_catalogue_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    """Its entries hold; one that no table knows is unknown, and stands in the facts."""
    file = write(
        tmp_path / "kev.json",
        catalogue(
            {"cveID": "CVE-2021-26855", "dateAdded": "2021-11-03"},
            {"cveID": "CVE-2026-99999"},
            {"cveID": "CVE-2021-44228", "product": "Log4j2", "vendorProject": "Apache"},
        ),
    )
    own = tmp_path / "own"

    assert import_kev(file, own) == 2
    known = load_exchange(own=own)
    assert known.kev_date == dt.date(2026, 10, 1)
    assert known.facts["CVE-2026-99999"].ransomware
    assert known.facts["CVE-2022-41040"].kev_added is None
    assert "CVE-2026-99999" not in known.fixes
    assert known.digest != load_exchange().digest
    (age,) = [age for age in table_ages(TODAY, own=own) if age.imported]
    assert (age.as_of, age.days, age.stale) == (dt.date(2026, 10, 1), 54, True)


def test_an_older_catalogue_takes_nothing_away(tmp_path: Path) -> None:
    """What the shipped one has that is younger stays; an older catalogue is left aside."""
    old = write(tmp_path / "kev.json", catalogue({"cveID": "CVE-2021-26855"}, date="2022-01-01"))
    own = tmp_path / "own"
    import_kev(old, own)

    assert load_exchange(own=own).facts["CVE-2022-41040"].kev_added == dt.date(2022, 9, 30)
    newer = catalogue({"cveID": "CVE-2021-26855"}, date="2025-09-01")
    import_kev(write(tmp_path / "kev.json", newer), own)
    assert load_exchange(own=own).facts["CVE-2026-42897"].kev_added == dt.date(2026, 5, 15)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "it is no KEV catalogue"),
        ('{"vulnerabilities": []}', "has no entry of Microsoft Exchange"),
        (json.dumps(catalogue({"cveID": "x"})), "is no CVE or ADV id"),
        (json.dumps(catalogue({"cveID": "CVE-2026-1234"}, date="soon")), "is not YYYY-MM-DD"),
    ],
)
def test_what_is_no_catalogue_is_refused(text: str, words: str, tmp_path: Path) -> None:
    """Nothing is written of it."""
    file = tmp_path / "kev.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ContentError) as error:
        import_kev(file, tmp_path / "own")
    assert words in str(error.value)
    assert not (tmp_path / "own").exists()


def test_newer_builds_are_known_and_the_others_stay(tmp_path: Path) -> None:
    """Columns in any order, in the words of other lists too; the newest update is the new one."""
    file = tmp_path / "builds.csv"
    file.write_text(
        "build,product,cu,update,release_date,product_supported_until,kb\n"
        "15.2.2562.50,ExchangeSE,RTM,Sep26SU,2026-09-08,2035-12-31,KB5130000\n"
        "15.2.2562.46,ExchangeSE,RTM,Aug26SU,2026-08-12,2035-12-31,KB5121573\n",
        encoding="utf-8",
    )
    own = tmp_path / "own"

    assert import_builds(file, own) == 2
    builds = load_exchange(own=own).builds
    newest = builds.newest_update("ExchangeSE", "RTM")
    assert newest is not None
    assert (newest.update, newest.kb) == ("Sep26SU", "KB5130000")
    assert newest.date == dt.date(2026, 9, 8), "of no later day than the newest build it names"
    assert len(builds.rows) == 396
    known = builds.place(parse_build("15.2.2562.46") or (0, 0, 0, 0)).known
    assert known is not None
    assert known.released == dt.date(2026, 8, 12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("product,cu\n", "builds.csv:1: has no column update, build"),
        ("product,cu,update,build,released,supported_until\nx\n", "builds.csv:2: row has 1 cells"),
        (
            (
                "product,cu,update,build,released,supported_until\n"
                "ExchangeSE,RTM,Sep26SU,15.2.x,2026-09-08,2035-12-31\n"
            ),
            "builds.csv:2: build is no Exchange build: '15.2.x'",
        ),
        ("product,cu,update,build,released,supported_until\n", "has no row"),
    ],
)
def test_a_list_with_a_mistake_is_refused(text: str, words: str, tmp_path: Path) -> None:
    """File, line and value; nothing is written of it."""
    file = tmp_path / "builds.csv"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ContentError) as error:
        import_builds(file, tmp_path / "own")
    assert words in str(error.value)
    assert not (tmp_path / "own").exists()


def test_nothing_is_written_into_the_package() -> None:
    """Where imports go is the user's own folder."""
    assert FOLDER not in user_folder().parents


def test_the_catalogue_of_cisa(corpora: Path, tmp_path: Path) -> None:
    """The stored catalogue gives the seventeen entries that the shipped table has."""
    with zipfile.ZipFile(corpora / "cisa_kev.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("vulnerabilities.json"))
        (tmp_path / "kev.json").write_bytes(archive.read(name))

    assert import_kev(tmp_path / "kev.json", tmp_path / "own") == 17
    imported = load_exchange(own=tmp_path / "own")
    assert imported.kev_date == dt.date(2025, 8, 25)
    shipped = {one.id: one.kev_added for one in load_exchange().facts.values() if one.kev_added}
    assert {o.id: o.kev_added for o in imported.facts.values() if o.kev_added} == shipped
