"""Table `windows`: Windows events of every channel, from EVTX and JSON lines, in wide frames."""

from __future__ import annotations

import polars as pl

from hevesy.tables.table import Column, LogSource, Table

__all__ = ["WINDOWS"]

_TEXT = pl.String()
_NUMBER = pl.Int64()

WINDOWS = Table(
    name="windows",
    title="Windows events",
    columns=(
        Column("Channel", _TEXT, "log the event was written to: Security, MSExchange Management"),
        Column("Provider_Name", _TEXT, "who wrote the event"),
        Column("EventID", _NUMBER, "what happened, as the provider numbers it"),
        Column("EventRecordID", _NUMBER, "number of the record in its log"),
        Column("Computer", _TEXT, "full name of the machine that wrote it"),
        Column("Level", _NUMBER, "1 critical, 2 error, 3 warning, 4 information, 5 verbose"),
        Column("Keywords", _TEXT, "bit mask in hexadecimal, or names where the source has names"),
        Column("Task", _TEXT, "task within the provider, number or name"),
        Column("Opcode", _TEXT, "step of the task, number or name"),
        Column("Execution_ProcessID", _NUMBER, "process that wrote the event"),
        Column("Execution_ThreadID", _NUMBER, "thread that wrote the event"),
        Column("UserID", _TEXT, "SID of the account that wrote the event", pivot="account"),
        Column("ActivityID", _TEXT, "what joins events of one activity"),
        Column("Message", _TEXT, "message as rendered by the source, or by hevesy for cmdlets"),
        Column("CommandLine", _TEXT, "command line of a process that was started"),
        Column("Image", _TEXT, "program file of the process (Sysmon)"),
        Column("ParentImage", _TEXT, "program file of the process that started it (Sysmon)"),
        Column("ProcessGuid", _TEXT, "a process, unique over reboots (Sysmon)", pivot="process"),
        Column("ParentProcessGuid", _TEXT, "process that started it (Sysmon)", pivot="process"),
        Column("NewProcessName", _TEXT, "program file of a process that was started (4688)"),
        Column("TargetFilename", _TEXT, "file that was written or deleted (Sysmon)", pivot="file"),
        Column("RelativeTargetName", _TEXT, "file on a share (5145)", pivot="file"),
        Column("User", _TEXT, "account of the process (Sysmon)", pivot="account"),
        Column("SubjectUserName", _TEXT, "account that acted", pivot="account"),
        Column("TargetUserName", _TEXT, "account that was acted on", pivot="account"),
        Column("Caller", _TEXT, "who ran an Exchange cmdlet", pivot="account"),
        Column("IpAddress", _TEXT, "where a logon or share access came from", pivot="ip"),
        Column("SourceIp", _TEXT, "from where a connection was made (Sysmon)", pivot="ip"),
        Column("DestinationIp", _TEXT, "where a connection went (Sysmon)", pivot="ip"),
        Column("Cmdlet", _TEXT, "Exchange cmdlet that was run"),
        Column("Parameters", _TEXT, "its parameters, as Exchange wrote them"),
    ),
    logsources=(LogSource(product="windows"),),
)
"""Columns from `Channel` to `Message` stand in every frame; after them the names of EventData and
UserData that the batch has, each a column of text (those above are the ones hevesy knows).

- A name is the one that the event gives it, and what Sigma rules ask for: `CommandLine`. A value
  that is absent or null is null; numbers and booleans are text (`12`, `true`).
- Nested UserData goes by its leaf names; what stands more than once is joined by line feeds.
- Unnamed values are `Data`, joined by line feeds, and `param1`, `param2` ... (as winlogbeat does).
- A name with blanks stands also without (`Threat Name`, `ThreatName`).
- A name that is one of the columns up to `Message`, or of provenance, in whatever case, stands as
  `EventData_<name>`.
- Events of `MSExchange CmdletLogs` have `Cmdlet`, `Parameters`, `Caller`, `CallerSid`,
  `ExecutingUserSid`, `HostApplication`, `ProcessId`, `ProcessName`, `ExecutionThread`, `Elapsed`,
  `Scope`, `Error`; their `Data` begins with the message.
"""
