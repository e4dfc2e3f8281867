"""Workers start before anything heavy is loaded, which they load meanwhile."""

from __future__ import annotations

import subprocess
import sys

_CODE = """
import sys
import hevesy.cli.assess, hevesy.runner.options, hevesy.runner.workers
print(sorted({"polars", "numpy", "yaml", "hyperscan"} & sys.modules.keys()))
"""


def test_what_starts_workers_loads_nothing_heavy() -> None:
    """One import too many costs every run a third of a second.

    And polars reads how its allocator is to work when it is loaded, which is said where workers
    start.
    """
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)  # noqa: S603  # our own
    assert done.stdout.strip() == "[]"
