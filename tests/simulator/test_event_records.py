"""Windows events handed in as EVTX: the scenario's events, typed, at the numbers of the truth."""

from __future__ import annotations

import io
import json
import re
import struct
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from evtx import PyEvtxParser

from hevesy.simulator import attack_lines, load_scenario, simulate
from hevesy.simulator.event_records import evtx_events, with_record_sizes
from hevesy.simulator.evtx_file import write_evtx
from hevesy.simulator.lines import LineTemplate
from hevesy.simulator.scenario import Scenario, Traits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hevesy.model import Truth

SIZE = 700_000


def records(data: bytes) -> dict[int, dict[str, Any]]:
    """Record number -> event, by the reader `evtx`."""
    found: Iterator[Any] = PyEvtxParser(io.BytesIO(data)).records_json()
    return {one["event_record_id"]: json.loads(one["data"])["Event"] for one in found}


def line(provider: str, event_id: int, data: dict[str, Any] | None, message: str = "") -> str:
    """An event of the `nested` dialect, as the scenario's lines are."""
    system = {
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": event_id,
        "Level": 4,
        "Keywords": "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": "2021-03-03T12:00:00.250Z"}},
        "Channel": "Security",
        "Computer": "ex01.corp.example",
    }
    event: dict[str, Any] = {"System": system, "EventData": data}
    if message:
        event["RenderingInfo"] = {"Message": message}
    return json.dumps({"Event": event})


def stored(*lines: str) -> list[dict[str, Any]]:
    """The lines written as EVTX and read back."""
    stream = io.BytesIO()
    write_evtx(evtx_events(lines), stream)
    return list(records(stream.getvalue()).values())


def scenario(**changes: object) -> Scenario:
    """Two days of the shipped scenario `events`."""
    whole = load_scenario("events")
    days = {"start": date(2021, 3, 3), "end": date(2021, 3, 4), "users": 20}
    return msgspec.structs.replace(whole, **(days | changes))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, dict[str, bytes]]:
    """That scenario simulated: its truth, and its files by the path in the collection."""
    output = tmp_path_factory.mktemp("events") / "evidence"
    truth = simulate(scenario(), output, size=SIZE)
    root = output / "EX01"
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.evtx")}
    return truth, files


def test_values_have_the_types_of_their_provider() -> None:
    """Pointers, SIDs, GUIDs, numbers and truth are stored as such; System is the manifest's."""
    logon = {"TargetUserSid": "S-1-5-18", "TargetLogonId": "0x3e7", "LogonType": "3", "IpPort": "1"}
    connection = {"Initiated": "true", "DestinationPort": "443", "UtcTime": "x"}
    first, second = stored(
        line("Microsoft-Windows-Security-Auditing", 4624, logon),
        line("Microsoft-Windows-Sysmon", 3, connection),
    )
    assert first["EventData"] == logon | {"LogonType": 3}
    assert (first["System"]["Version"], first["System"]["Task"]) == (2, 12544)
    assert (first["System"]["Level"], first["System"]["Keywords"]) == (0, "0x8020000000000000")
    assert first["System"]["TimeCreated"]["#attributes"] == {
        "SystemTime": "2021-03-03T12:00:00.250000Z"
    }
    assert second["EventData"] == {"Initiated": True, "DestinationPort": 443, "UtcTime": "x"}


def test_a_message_is_not_stored() -> None:
    """EVTX holds values alone; what has no others is given as its one unnamed text."""
    cmdlet = {"Data": {"#text": ["Set-Mailbox", "-Identity a"]}}
    first, second, third = stored(
        line("MSExchange CmdletLogs", 1, cmdlet, "Cmdlet suceeded. Cmdlet Set-Mailbox"),
        line("MSExchange Common", 106, None, "Performance counter updating error."),
        line("Kernel", 16, None),
    )
    assert first["EventData"]["Data"]["#text"] == ["Set-Mailbox", "-Identity a"]
    assert second["EventData"]["Data"] == {"#text": "Performance counter updating error."}
    assert "EventData" not in third
    assert "RenderingInfo" not in first


def test_the_truth_tells_record_numbers(made: tuple[Truth, dict[str, bytes]]) -> None:
    """Each planted event stands in its file at its number, with its own data."""
    truth, files = made
    lines = {step.id: text for step, text, _ in attack_lines(scenario())}
    steps = truth.servers[0].steps
    assert len(steps) == 26
    assert {step.kind for step in steps} == {"evtx"}
    for step in steps:
        event = records(files[step.source])[step.line or 0]
        planted = json.loads(lines[step.id])["Event"]
        names = set(planted["EventData"])
        assert event["System"]["EventID"] in (
            planted["System"]["EventID"],
            {"#attributes": {"Qualifiers": 16384}, "#text": planted["System"]["EventID"]},
        )
        if names != {"Data"}:
            assert set(event["EventData"]) == names
        for name in names & {"CommandLine", "TargetFilename", "Image"}:
            assert event["EventData"][name] == planted["EventData"][name]


def test_most_command_lines_stand_there_once(made: tuple[Truth, dict[str, bytes]]) -> None:
    """At least half of the command lines are distinct, of Sysmon as of Security."""
    for channel in ("Microsoft-Windows-Sysmon%4Operational", "Security"):
        (data,) = [data for path, data in made[1].items() if path.endswith(f"/{channel}.evtx")]
        data_of = [event.get("EventData") or {} for event in records(data).values()]
        commands = [data["CommandLine"] for data in data_of if "CommandLine" in data]
        assert len(commands) > 50
        assert len(set(commands)) > len(commands) / 2
        assert not [command for command in commands if re.search(r"@\w+@|\{\w*\}", command)]


def test_the_size_is_the_one_asked_for(tmp_path: Path) -> None:
    """Records are counted, not the text that they are made of; chunks are 64 KiB each."""
    truth = simulate(scenario(), tmp_path / "evidence", size=4_000_000)
    assert 0.7 < truth.size / 4_000_000 < 1.3
    again = simulate(scenario(), tmp_path / "b" / "evidence", size=4_000_000)
    assert again == truth
    for path in (tmp_path / "evidence").rglob("*.evtx"):
        other = tmp_path / "b" / path.relative_to(tmp_path)
        assert path.read_bytes() == other.read_bytes()


def test_a_template_knows_the_size_of_its_record() -> None:
    """Names are stored once a chunk, text as UTF-16: a record is not as long as its line."""
    short, long = (line("P", 1, {"Name": "x" * size}) for size in (1, 101))
    sizes = [one.size for one in with_record_sizes([LineTemplate(short), LineTemplate(long)])]
    assert sizes[1] - sizes[0] == 200
    stream = io.BytesIO()
    write_evtx(evtx_events([short, short]), stream)
    chunk = stream.getvalue()[4096:]
    last, free = struct.unpack_from("<II", chunk, 44)
    assert sizes[0] == free - last
    assert with_record_sizes([]) == []


def test_exchange_servers_may_hand_in_evtx(tmp_path: Path) -> None:
    """A trait decides, for any scenario: JSON lines, or EVTX where Windows keeps it."""
    whole = load_scenario("proxylogon")
    server = msgspec.structs.replace(
        whole.servers[2], container="folder", traits=Traits(event_format="evtx")
    )
    small = msgspec.structs.replace(
        whole, servers=(server,), start=date(2021, 2, 9), end=date(2021, 2, 9), users=5
    )
    simulate(small, tmp_path / "evidence", size=100_000)
    logs = tmp_path / "evidence" / "EX03" / "C" / "Windows" / "System32" / "winevt" / "Logs"
    assert (logs / "MSExchange Management.evtx").read_bytes().startswith(b"ElfFile\0")
    assert not list(tmp_path.rglob("*.json"))[1:]
