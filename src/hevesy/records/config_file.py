"""Kind `config_file`: configuration of IIS and Exchange, where modules and rules are added."""

from __future__ import annotations

import re

from hevesy.records.batch import Parser
from hevesy.records.places import is_log

__all__ = ["PARSER", "is_config", "recognise"]

_NAME = re.compile(
    r"(?:^|[/_-])(?:web|[a-z]*applicationhost|administration|redirection|agents)\d*\.config$"
    r"|\.exe\.config$"
)


def is_config(path: str) -> bool:
    """Whether the file's name is that of a configuration file of IIS or Exchange."""
    return bool(_NAME.search(path))


def recognise(head: bytes, path: str) -> bool:
    """`web.config`, `applicationHost.config` and the like, `agents.config`, `*.exe.config`."""
    return is_config(path) and not is_log(head)


PARSER = Parser(kind="config_file", recognise=recognise, parse=None)
