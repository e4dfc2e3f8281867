"""Tests of `hevesy.runner.concluding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.runner.assess import assess
from hevesy.runner.options import Options

if TYPE_CHECKING:
    from pathlib import Path


def test_builds_stand_in_the_order_in_which_they_were_seen(tmp_path: Path) -> None:
    """A build ending in 3 comes before one ending in 10, as the server had them."""
    logs = tmp_path / "EX03" / "Logging" / "HttpProxy" / "Owa"
    logs.mkdir(parents=True)
    for day, build in (("02", "15.2.792.3"), ("03", "15.2.792.10")):
        file = logs / f"HttpProxy_202103{day}00-1.LOG"
        head = f"#Software: Microsoft Exchange Server\n#Version: 15.02.0792.{build[9:]:0>3}\n"
        fields = "#Fields: DateTime,RequestId,Protocol,UrlStem,ServerHostName,HttpStatus\n"
        row = f"2021-03-{day}T10:00:00.000Z,a,Owa,/owa/,EX03,200\n"
        file.write_text(head + "#Log-type: HttpProxy Logs\n" + fields + row, encoding="utf-8")
    done = assess(Options((str(tmp_path / "EX03"),), tmp_path / "case"))
    (server,) = done.assessment.servers
    assert [seen.build for seen in server.builds] == ["15.2.792.3", "15.2.792.10"]
