"""The command line: one file a command; results to stdout, all else to stderr."""

from __future__ import annotations

from hevesy.cli.command import main

__all__ = ["main"]
