"""The command `hevesy`: its sub-commands, what they share, and how errors become exit codes."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from hevesy import __version__
from hevesy.errors import HevesyError

if TYPE_CHECKING:
    from collections.abc import Sequence
from typing import NoReturn

__all__ = ["COMMANDS", "DONE", "FOUND", "INTERRUPTED", "PARTIAL", "USAGE", "main"]

DONE, FOUND, USAGE, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: done; findings at or above `--fail-on` (wins over 3); usage or no usable input;
a source was lost; interrupted."""

COMMANDS: tuple[tuple[str, str], ...] = (
    ("assess", "evidence -> verdicts, findings, a report: the main job"),
    ("exposure", "which servers of an estate lack which fixes, and what to install"),
    ("report", "write a case's report again: html, text, json or csv"),
    ("query", "ask a case with SQL, read-only"),
    ("data", "how old the data tables are; take newer ones"),
    ("verify", "hash a case and its inputs again"),
    ("rules", "list the rules, or check a rule file"),
    ("simulate", "invent a collection whose truth is known"),
    ("demo", "invent three servers, assess them, compare with the truth"),
)
"""Each is a module of this room with `add_to(parser)` and `run(arguments) -> int`.

Only the module of the command that was asked for is imported: `hevesy --version` loads none.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: Arguments without the program's name; None takes those of the process.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Nothing here multiplies matrices; numpy would start threads for it in every process.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Rules and rows are no cycles: the collector, which looks every 700 objects, finds nothing.
    gc.set_threshold(20_000, 20, 50)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(arguments)
    except HevesyError as error:
        print(f"hevesy: {_visible(str(error))}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("hevesy: interrupted; no case was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads stdout has gone (`| head`); that is no error of ours.
        sys.stderr.close()
        return DONE


def _interrupt(_number: int, _frame: object) -> None:
    """End as Ctrl-C does: what a run left in its private folder is removed."""
    raise KeyboardInterrupt


class _Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, and where to look."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and exit with 2."""
        self.exit(USAGE, f"hevesy: {_visible(message)}; see {self.prog} --help\n")


def _visible(text: str) -> str:
    """Text that may hold a name from evidence, without what would steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _run(arguments: list[str]) -> int:
    wanted = next((a for a in arguments if not a.startswith("-")), "")
    parser = _Parser(
        prog="hevesy",
        description="Finds what HAFNIUM and those after it did to on-premises Exchange servers: "
        "from evidence, offline. It answers what happened, how sure one may be, what was not seen.",
        epilog="Exit codes: 0 done, 1 findings at or above --fail-on, 2 usage or no usable input, "
        "3 done but a source was lost, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"hevesy {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, title in COMMANDS:
        command = commands.add_parser(name, help=title, description=title[0].upper() + title[1:])
        if name == wanted:
            importlib.import_module(f"hevesy.cli.{name}").add_to(command)
    parsed = parser.parse_args(arguments)
    _set_logging(getattr(parsed, "verbose", 0))
    run = importlib.import_module(f"hevesy.cli.{parsed.command}").run
    return int(run(parsed))


def _set_logging(verbose: int) -> None:
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(
        level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
