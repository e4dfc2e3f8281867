"""MSExchange Management: positions get names, the message its text."""

from __future__ import annotations

import pytest

from hevesy.records.cmdlet_event import PROVIDER, render
from hevesy.records.windows_event import nested_event

POSITIONS = [
    "Set-OabVirtualDirectory",
    '-ExternalUrl "https://mail.contoso.com/OAB" -Identity "OAB"',
    "contoso.com/Users/Ada",
    "S-1-5-21-1-500",
    "S-1-5-21-1-501",
    "Remote-ManagementShell-Unknown",
    "8372 w3wp#MSExchangePowerShellAppPool",
    "",
    "54",
    "00:00:00.008",
    "View Entire Forest: 'False'",
    "System.ArgumentException: no",
]


def fields_of(event_id: int) -> tuple[str | None, dict[str, str]]:
    """Message and fields of one cmdlet event with positional values."""
    event = nested_event(
        {
            "System": {"Provider": {"#attributes": {"Name": PROVIDER}}, "EventID": event_id},
            "EventData": {"Data": {"#text": POSITIONS}},
        }
    )
    assert event is not None
    return event.message, event.fields


@pytest.mark.parametrize(
    ("event_id", "start"), [(1, "Cmdlet suceeded."), (6, "Cmdlet failed."), (8, "Cmdlet failed.")]
)
def test_the_message_is_rendered(event_id: int, start: str) -> None:
    """Rules are written for the rendered message; EVTX has positions alone."""
    message, fields = fields_of(event_id)
    assert message == f"{start} Cmdlet {POSITIONS[0]}, parameters {POSITIONS[1]}."
    assert fields["Data"].startswith(f"{message}\n{POSITIONS[0]}\n")


def test_positions_get_names() -> None:
    """Cmdlet, parameters, caller and process can be asked for by name."""
    _, fields = fields_of(6)
    named = {
        "Cmdlet": POSITIONS[0],
        "Parameters": POSITIONS[1],
        "Caller": POSITIONS[2],
        "CallerSid": POSITIONS[3],
        "ExecutingUserSid": POSITIONS[4],
        "HostApplication": POSITIONS[5],
        "ProcessId": "8372",
        "ProcessName": "w3wp#MSExchangePowerShellAppPool",
        "ExecutionThread": "54",
        "Error": POSITIONS[11],
    }
    assert fields | named == fields


def test_an_event_of_another_number_gets_no_message() -> None:
    """Only the texts that are known are rendered."""
    assert fields_of(99)[0] is None


def test_braces_in_parameters_are_no_template() -> None:
    """Parameters are evidence: `{0}` in them is text."""
    fields = {"param1": "New-X", "param2": "-Name {0} {x}"}
    assert render(1, None, fields) == "Cmdlet suceeded. Cmdlet New-X, parameters -Name {0} {x}."


@pytest.mark.parametrize("word", ["suceeded", "succeeded", "failed"])
def test_a_message_alone_gives_cmdlet_and_parameters(word: str) -> None:
    """A shipper that drops the values leaves the message; both spellings are known."""
    fields: dict[str, str] = {}
    message = f'Cmdlet {word}. Cmdlet Get-App, parameters -Identity "a.b".'
    assert render(1, message, fields) == message
    assert fields == {"Cmdlet": "Get-App", "Parameters": '-Identity "a.b"', "Data": message}


def test_blanks_without_end_in_a_message_cost_no_time() -> None:
    """Hostile parameters are read in time that grows with their length, not its square."""
    fields: dict[str, str] = {}
    render(1, "Cmdlet failed. Cmdlet Get-App, parameters " + " " * 1_000_000 + "x.", fields)
    assert fields["Parameters"].endswith(" x")


def test_a_message_of_the_source_is_kept() -> None:
    """What the source rendered is not rendered again."""
    assert render(1, "Befehl erfolgreich.", {"param1": "Get-App"}) == "Befehl erfolgreich."
