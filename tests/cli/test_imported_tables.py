"""Tables that a user imports are used by `assess` as by `exposure`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

_LOG = """#Software: Microsoft Exchange Server
#Version: 15.02.2562.060
#Log-type: HttpProxy Logs
#Date: 2026-11-12T10:00:00.000Z
#Fields: DateTime,RequestId,Protocol,UrlStem,AnchorMailbox,ServerHostName,HttpStatus
2026-11-12T10:00:01.000Z,a,Owa,/owa/,,EX01,200
"""
_BUILDS = (
    "product,cu,update,build,released,supported_until,kb,date\n"
    "ExchangeSE,RTM,Nov26SU,15.2.2562.60,2026-11-10,2035-12-31,KB5140000,2026-11-25\n"
)
_KEV = {
    "catalogVersion": "2026.11.25",
    "dateReleased": "2026-11-25T10:00:00Z",
    "vulnerabilities": [
        {
            "cveID": "CVE-2021-26855",
            "vendorProject": "Microsoft",
            "product": "Exchange Server",
            "vulnerabilityName": "x",
            "dateAdded": "2021-11-04",
            "dueDate": "2026-12-11",
            "knownRansomwareCampaignUse": "Known",
        }
    ],
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's tables lie."""
    folder = tmp_path / "own"
    monkeypatch.setattr("hevesy.knowledge.user_folder", lambda: folder)
    return folder


def assessed(tmp_path: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The assessment of one log, and the manifest of its case."""
    logs = tmp_path / "EX01" / "Logging" / "HttpProxy" / "Owa"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "HttpProxy_2026111210-1.LOG").write_text(_LOG, encoding="utf-8")
    case = tmp_path / name
    main(["assess", str(tmp_path / "EX01"), "-o", str(case), "-q", "--jobs", "1"])
    read = [json.loads((case / f"{one}.json").read_bytes()) for one in ("assessment", "manifest")]
    return read[0], read[1]


def test_assess_knows_what_was_imported(own: Path, tmp_path: Path) -> None:
    """A build and a KEV entry, before and after; the case says with which tables it was made."""
    before, manifest = assessed(tmp_path, "before")
    for name, text in (("builds.csv", _BUILDS), ("kev.json", json.dumps(_KEV))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert main(["data", "import", str(tmp_path / name)]) == 0
    assert sorted(one.name for one in own.iterdir()) == ["builds.csv", "kev.csv"]
    after, newer = assessed(tmp_path, "after")

    assert before["servers"][0]["update"].startswith("unknown build, newer than")
    assert after["servers"][0]["update"] == "Exchange Server SE RTM Nov26SU"
    assert (before["as_of"], after["as_of"]) == ("2026-11-24", "2026-11-25")
    added = {one["cve"]["id"]: one["cve"]["kev_added"] for one in after["servers"][0]["exposures"]}
    assert added["CVE-2021-26855"] == "2021-11-04"
    digests = [one["versions"]["exchange"] for one in (manifest, newer)]
    assert digests[0] != digests[1]


def test_an_older_catalogue_does_not_replace_a_newer_one(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the user has taken already is not lost by taking an old file; both dates are said."""
    file = tmp_path / "kev.json"
    file.write_text(json.dumps(_KEV), encoding="utf-8")
    assert main(["data", "import", str(file)]) == 0
    older = _KEV | {"dateReleased": "2026-10-01T10:00:00Z", "catalogVersion": "2026.10.01"}
    file.write_text(json.dumps(older), encoding="utf-8")
    assert main(["data", "import", str(file)]) == 2
    said = capsys.readouterr().err
    assert "was not taken: it is of 2026-10-01" in said
    assert "is of 2026-11-25" in said
    assert "2026.11.25" in (own / "kev.csv").read_text(encoding="utf-8")


def test_a_table_that_cannot_be_read_is_replaced(own: Path, tmp_path: Path) -> None:
    """A damaged table of the user's own stops every run; a new file is what mends that."""
    own.mkdir()
    (own / "kev.csv").write_text("cve,date\nCVE-2021-26855,2026-12-01\n", encoding="utf-8")
    file = tmp_path / "kev.json"
    file.write_text(json.dumps(_KEV), encoding="utf-8")
    assert main(["data", "import", str(file)]) == 0
    assert "2026.11.25" in (own / "kev.csv").read_text(encoding="utf-8")
    assert main(["data", "check"]) == 0
