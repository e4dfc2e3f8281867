"""Only `hevesy.exposure.probe` may use the network: every import of the source is looked at.

import-linter holds the same for whole packages (`make check`); here `urllib.request` is told from
`urllib.parse`, and modules that are imported by their name in a text are seen too.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hevesy

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(hevesy.__file__).parent
ALLOWED = {"exposure/probe.py"}
NETWORK = frozenset(
    {
        "_socket",
        "_ssl",
        "aiohttp",
        "asyncio",
        "ftplib",
        "http",
        "httpx",
        "imaplib",
        "nntplib",
        "poplib",
        "requests",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "webbrowser",
        "wsgiref",
        "xmlrpc",
    }
)
BY_NAME = {"import_module", "__import__", "find_spec"}


def imported(text: str) -> Iterator[str]:
    """Modules that a source imports, by statement or by name, each with the packages above it."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _called(node.func) in BY_NAME:
            names = [
                one.value
                for one in node.args
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def test_one_module_may_use_the_network() -> None:
    """No other file of the source imports what could open a connection."""
    users = {
        path.relative_to(SOURCE).as_posix(): found
        for path in sorted(SOURCE.rglob("*.py"))
        if (found := NETWORK & set(imported(path.read_text(encoding="utf-8"))))
    }

    assert users == {"exposure/probe.py": {"http", "ssl"}}
    assert set(users) == ALLOWED


@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import http.client as h",
        "from urllib import request",
        "import urllib.request",
        "from asyncio import open_connection",
        "def f():\n    from ssl import create_default_context",
        "import importlib\nimportlib.import_module('socket')",
        "__import__('requests')",
    ],
)
def test_an_import_is_seen_however_it_is_written(text: str) -> None:
    """In a function, under another name, from a package, by its name."""
    assert NETWORK & set(imported(text))


@pytest.mark.parametrize("text", ["from urllib.parse import urlsplit", "import httpproxy", "x = 1"])
def test_other_imports_are_none_of_it(text: str) -> None:
    """An address may be taken apart without the network."""
    assert not NETWORK & set(imported(text))
