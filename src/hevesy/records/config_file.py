"""Kind `config_file`: configuration of IIS and Exchange, where modules and rules are added."""

from __future__ import annotations

from hevesy.records.batch import Parser
from hevesy.records.places import is_config, is_log

__all__ = ["PARSER", "recognise"]


def recognise(head: bytes, path: str) -> bool:
    """`web.config`, `applicationHost.config` and the like, `agents.config`, `*.exe.config`."""
    return is_config(path) and not is_log(head)


PARSER = Parser(kind="config_file", recognise=recognise, parse=None)
